import { refuse } from '../core/app-error'

/**
 * The bytes of a body. They are counted as they come: a Content-Length header can lie, and Hono's body limit believes it.
 * @throws `payload_too_large`
 */
export async function readBody(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    size += read.value.byteLength
    if (size > limitBytes) {
      await reader?.cancel()
      throw refuse('payload_too_large', { limitBytes })
    }
    chunks.push(read.value)
  }
  return join(chunks, size)
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
