import { afterEach, describe, expect, it, vi } from 'vitest'
import { callVendor, type Fetch, REPLY_LIMIT_BYTES, systemFetch } from '../../../src/messaging/providers/http'

const URL = 'http://vendor.test/send?key=secret'

const call = (fetch: Fetch, timeoutMs = 30) =>
  callVendor({ fetch, timeoutMs, url: URL, init: { method: 'POST', headers: { apikey: 'secret' }, body: 'code=482913' } })

/** A body whose pieces come one by one; the last may be what breaks it, or nothing at all. */
function bodyOf(pieces: readonly string[], end: 'close' | 'error' | 'stall') {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      if (end === 'close') controller.close()
      if (end === 'error') controller.error(new Error('reset: code=482913'))
    },
  })
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('callVendor', () => {
  it('passes the call on, with a deadline and without following redirects', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response('{}'))

    await call(fetch)

    expect(fetch).toHaveBeenCalledExactlyOnceWith(URL, {
      method: 'POST',
      headers: { apikey: 'secret' },
      body: 'code=482913',
      redirect: 'manual',
      signal: expect.any(AbortSignal) as AbortSignal,
    })
  })

  it.each([
    [202, '{"status":"submitted"}', { status: 'submitted' }],
    [200, '"text"', 'text'],
    [500, '<html>', undefined],
    [200, '', undefined],
    [404, 'null', null],
  ])('gives a %d with %j as status, text and JSON', async (httpStatus, text, json) => {
    const reply = await call(async () => new Response(text, { status: httpStatus }))

    expect(reply).toStrictEqual({ kind: 'replied', httpStatus, text, json })
  })

  it('gives a reply without a body', async () => {
    const reply = await call(async () => new Response(null, { status: 204 }))

    expect(reply).toStrictEqual({ kind: 'replied', httpStatus: 204, text: '', json: undefined })
  })

  it('gives a redirect as it is', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response(null, { status: 302, headers: { location: 'http://other.test' } }))

    expect(await call(fetch)).toMatchObject({ kind: 'replied', httpStatus: 302 })
    expect(fetch).toHaveBeenCalledOnce()
  })

  it('puts together a body that comes in pieces, and in the middle of a character', async () => {
    const bytes = new TextEncoder().encode('{"name":"ß"}')
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })

    expect(await call(async () => new Response(body))).toMatchObject({ json: { name: 'ß' } })
  })

  it('reads no more of a body than the limit', async () => {
    const piece = 'x'.repeat(10_000)
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new TextEncoder().encode(piece))
      },
    })

    const reply = await call(async () => new Response(endless), 2_000)

    expect(reply).toMatchObject({ kind: 'replied', json: undefined })
    expect(reply.kind === 'replied' && reply.text).toHaveLength(REPLY_LIMIT_BYTES)
    expect(pulled).toBeLessThan(12)
  })

  it.each<[string, Fetch]>([
    [
      'nothing comes',
      (_url, { signal }) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')))),
    ],
    ['nothing comes and the signal is not heeded', () => new Promise(() => {})],
    ['the body stops half-way', async () => new Response(bodyOf(['{"status":'], 'stall'))],
  ])('times out when %s', async (_title, fetch) => {
    const startedAt = Date.now()

    expect(await call(fetch, 30)).toStrictEqual({ kind: 'timeout' })
    expect(Date.now() - startedAt).toBeLessThan(1_000)
  })

  it.each<[string, Fetch]>([
    ['fetch rejects', () => Promise.reject(new Error(`cannot reach ${URL} with code=482913`))],
    [
      'fetch throws',
      () => {
        throw new TypeError(`bad header in ${URL}`)
      },
    ],
    ['the body breaks half-way', async () => new Response(bodyOf(['{"status":'], 'error'))],
  ])('tells no more than a lost connection when %s', async (_title, fetch) => {
    expect(await call(fetch)).toStrictEqual({ kind: 'connection_lost' })
  })
})

describe('systemFetch', () => {
  it('calls the fetch that is in place at the time of the call', async () => {
    const spy = vi.spyOn(globalThis, 'fetch').mockResolvedValue(new Response('here'))

    expect(await call(systemFetch)).toMatchObject({ kind: 'replied', text: 'here' })
    expect(spy).toHaveBeenCalledOnce()
  })

  it('is the real one otherwise, which no test lets out', async () => {
    expect(await call(systemFetch, 2_000)).toMatchObject({ kind: 'replied', httpStatus: 599 })
  })
})
