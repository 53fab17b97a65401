/** Whether two texts are the same, in a time that does not tell where they differ nor how long the secret is. */
export async function sameSecret(given: string, secret: string): Promise<boolean> {
  const [one, other] = await Promise.all(
    [given, secret].map((text) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
  )
  return crypto.subtle.timingSafeEqual(one!, other!)
}
