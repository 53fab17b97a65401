import { createMiddleware } from 'hono/factory'

/** Answers are about people and moments: no cache on the way may keep one. */
export const noStore = createMiddleware(async (c, next) => {
  await next()
  c.res.headers.set('Cache-Control', 'no-store')
})
