/**
 * What the service is compared with: a Worker without any logic on the same platform.
 *
 * `/fresh/<name>` and `/warm/<name>` are the same code, one call to an object that writes one row; they differ in whether
 * the object of that name has been used before. `/plain` calls nobody.
 *
 * `/send/<name>` and `/check/<name>` make the calls that a send and a check of the service make, with constant data: object,
 * alarm, KV, vendor, and the object again after the answer; object and KV. So do their calls to the objects of three rules
 * against abuse, one of which is the same for all: before the object, and after the answer to the check.
 *
 * `/receipt/<id>` writes the two rows of a receipt in one transaction of D1, and reads and checks nothing. `/page/<table>`
 * answers with its newest rows as D1 gives them, `/rows/<table>` with all of them, which it reads a thousand at a time as
 * they are taken. `/import` writes the rows in its body, which are under the names of their tables, in one transaction.
 */
export const BARE_WORKER = `
import { DurableObject } from 'cloudflare:workers'

const DAY_MS = 86400000
const key = (name) => 'otp:v1:' + name

export class Bare extends DurableObject {
  touch(value) {
    const count = (this.ctx.storage.kv.get('state')?.count ?? 0) + 1
    this.ctx.storage.kv.put('state', { count, value })
    return { count }
  }

  reserve(value) {
    void this.ctx.storage.setAlarm(Date.now() + DAY_MS)
    return this.touch(value)
  }

  async check(name) {
    this.touch(name)
    await this.env.OTP_KV.get(key(name), 'json')
    return this.touch(name)
  }
}

const object = (env, name) => env.BARE.get(env.BARE.idFromName(name))

/** Of the key, of the address and of the range of numbers. */
const rulesOf = (name) => ['key', 'address-' + name, 'range-' + name]

async function send(env, ctx, name) {
  await Promise.all(rulesOf(name).map((rule) => (rule === 'key' ? object(env, rule).touch(name) : object(env, rule).reserve(name))))
  const reserved = await object(env, name).reserve(name)
  ctx.waitUntil(env.OTP_KV.put(key(name), JSON.stringify({ name }), { expirationTtl: 180 }))
  const { VENDOR_URL: url, VENDOR_FORM: body, VENDOR_KEY: apikey } = env
  const headers = { apikey, 'content-type': 'application/x-www-form-urlencoded' }
  const reply = await fetch(url, { method: 'POST', headers, body })
  const { status } = await reply.json()
  ctx.waitUntil(object(env, name).touch(status))
  return reserved
}

async function check(env, ctx, name) {
  const checked = await object(env, name).check(name)
  ctx.waitUntil(Promise.all(rulesOf(name).map((rule) => object(env, rule).touch(name))))
  return checked
}

const INSERT = \`INSERT INTO communication_receipt (provider, provider_message_id, status, status_rank, received_at)
  VALUES ('bare', ?, 'delivered', 5, ?)\`
const UPDATE = \`UPDATE communication SET status = 'delivered', status_rank = 5, status_at = ? WHERE id = ?\`

async function receipt({ DB }, id) {
  const now = Date.now()
  const results = await DB.batch([DB.prepare(INSERT).bind(id, now), DB.prepare(UPDATE).bind(now, id)])
  return { changes: results.reduce((total, { meta }) => total + meta.changes, 0) }
}

async function page({ DB }, table) {
  const { results } = await DB.prepare(\`SELECT * FROM \${table} ORDER BY id DESC LIMIT 21\`).all()
  return { count: results.length, rows: results }
}

const READ_AT_A_TIME = 1000

function rows({ DB }, table) {
  const encoder = new TextEncoder()
  const select = DB.prepare(\`SELECT * FROM \${table} WHERE id > ? ORDER BY id LIMIT \${READ_AT_A_TIME}\`)
  let last = ''
  const pull = async (controller) => {
    const { results } = await select.bind(last).all()
    if (results.length === 0) return controller.close()
    last = results.at(-1).id
    controller.enqueue(encoder.encode(results.map((row) => JSON.stringify(row) + '\\n').join('')))
  }
  return new Response(new ReadableStream({ pull }, { highWaterMark: 0 }))
}

const IMPORTED_AT_A_TIME = 5000

async function importRows({ DB }, tables) {
  const statements = Object.entries(tables).flatMap(([table, rows]) => {
    const columns = Object.keys(rows[0])
    const values = columns.map((column) => \`value ->> '\${column}'\`)
    const insert = DB.prepare(\`INSERT INTO \${table} (\${columns}) SELECT \${values} FROM json_each(?)\`)
    const chunks = Array.from({ length: Math.ceil(rows.length / IMPORTED_AT_A_TIME) }, (_, nth) => nth * IMPORTED_AT_A_TIME)
    return chunks.map((from) => insert.bind(JSON.stringify(rows.slice(from, from + IMPORTED_AT_A_TIME))))
  })
  const results = await DB.batch(statements)
  return { changes: results.reduce((total, { meta }) => total + meta.changes, 0) }
}

export default {
  async fetch(request, env, ctx) {
    const [, route, name] = new URL(request.url).pathname.split('/')
    if (route === 'plain') return Response.json({ count: 0 })
    if (route === 'send') return Response.json(await send(env, ctx, name))
    if (route === 'receipt') return Response.json(await receipt(env, name))
    if (route === 'import') return Response.json(await importRows(env, await request.json()))
    if (route === 'page') return Response.json(await page(env, name))
    if (route === 'rows') return rows(env, name)
    if (route === 'check') return Response.json(await check(env, ctx, name))
    return Response.json(await object(env, name).touch(name))
  },
}
`
