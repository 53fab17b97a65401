import { createMiddleware } from 'hono/factory'

/** Answers are about people and moments: no cache on the way may keep one, unless its route has said that it may. */
export const noStore = createMiddleware(async (c, next) => {
  await next()
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
})
