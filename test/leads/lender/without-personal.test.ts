import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCleaner } from '../../../src/leads/lender/without-personal'
import type { Personal } from '../../../src/leads/personal'
import { PERSONAL } from './application'

const clean = (json: unknown, personal: Personal = PERSONAL) => createCleaner(personal).json(json)

describe('a reply of the lender', () => {
  it.each([
    'pan, PAN, panNumber, pan_no, PanCard, customerPan',
    'dob, DateOfBirth, date-of-birth, birth_date, email, E-Mail, emailId, mobile, MobileNumber, phone_no',
    'firstName, last_name, NAME, father name, surname, address, currentAddressLine1, aadhaar, AadharNo',
    'pin, pincode, PIN code, zip, zipCode, postal_code, gender, city',
  ])('removes what stands under %s', (keys) => {
    for (const key of keys.split(', ')) {
      for (const value of ['anything', 17, true, { deep: ['x'] }]) {
        expect(clean({ result: [{ [key]: value }] })).toStrictEqual({ result: [{ [key]: '[removed]' }] })
      }
    }
  })

  it.each([
    'id',
    'basicAppId',
    'message',
    'latestStatus',
    'company',
    'state',
    'shipping',
    'expanded',
    'createdFromPemId',
    'loanType',
  ])('leaves what stands under %s', (key) => {
    expect(clean({ [key]: 'anything' })).toStrictEqual({ [key]: 'anything' })
  })

  it.each([
    'QWXYZ9876K | qwxyz9876k | QWXYZ 9876 K | QWXYZ-9876-K | ＱＷＸＹＺ９８７６Ｋ',
    'Q W X Y Z 9 8 7 6 K | QWX YZ98 76K | QW\u00adXYZ98\u00ad76K | QWXYZ\u200b9876K | q.w.x.y.z.9.8.7.6.k',
    'zebulon.q@example.com | Zebulon.Q@EXAMPLE.com | zebulon.q%40example.com',
    '9876543210 | +919876543210 | 919876543210 | +91 98765 43210 | (+91) 98765-43210 | ९८७६५४३२१०',
    '1987-11-23 | 23/11/1987 | 23-11-1987 | 11/23/1987 | 19871123 | 23111987 | 11231987 | 1987/11/23 | 23.11.1987',
    '23 Nov 1987 | 23-NOV-1987 | November 23, 1987 | 23rd November 1987 | 23rd of November 1987 | 23 of Nov, 1987',
    '23/11/87 | 23-11-87 | 23.11.87 | 23 11 87 | 11/23/87 | 23 Nov 87 | 23-NOV-87 | Nov 23, 87 | 23rd November, 87',
    'Zebulon | QUACKENBUSH | zebulon  quackenbush | Quackenbush Zebulon | ZEBULON\tQuackenbush | 560071',
  ])('removes %s, alone, inside a text and as a key', (data) => {
    for (const datum of data.split(' | ')) {
      expect(clean(datum), datum).toMatch(/^[(+]*\[removed\]$/)
      expect(clean(`<${datum}>, thanks`)).toMatch(/^<[(+]*\[removed\]>, thanks$/)
      expect(clean({ [`of ${datum}`]: 1 })).toStrictEqual({ [`of ${datum.startsWith('(') ? '(' : ''}[removed]`]: 1 })
    }
  })

  it.each(['1987-11-23T00:00:00', 'x9876543210y', '129876543210999', 'idQWXYZ9876Kx', 'mailto:zebulon.q@example.com'])(
    'removes what stands in %s without a gap',
    (text) => {
      expect(clean(text)).not.toMatch(/1987|9876|zebulon/i)
      expect(clean(text)).toContain('[removed]')
    },
  )

  it.each([
    ["somebody else's birthday", '22/11/87, 23/12/87, 23/11/88, 15/06/91, 24th of November 1987, 23rd of December 1987'],
    ['the digits of a day without separators', '231187, 112387, 871123'],
    ['a part of a longer number', '123/11/87, 23/11/871, 23/11/8, 1123/87'],
    ['amounts', '23,11,870.00; 5,00,000; INR 1187.23; 23 117'],
    ['ids', 'B002BJF, 0b8f1e52-7c3d-4a96-8e21-5d4c3b2a1f09, APP123456789, R-231187'],
    ['half a PAN', 'QWXYZ 9876, XYZ9876K, quartz'],
    ['words', 'the 23rd of the month, 87 days, November 87'],
  ])('leaves %s', (_what, text) => expect(clean(text)).toBe(text))

  it('removes numbers that are personal, and leaves the others', () => {
    expect(clean([9_876_543_210, 919_876_543_210, 19_871_123, 560_071, 5_000_000, 0, -1.5])).toStrictEqual([
      '[removed]',
      '[removed]',
      '[removed]',
      '[removed]',
      5_000_000,
      0,
      -1.5,
    ])
  })

  it('removes short names only where they are the whole text', () => {
    const personal = { ...PERSONAL, firstName: 'A', lastName: 'Om' }

    expect(clean([' a ', 'OM', 'a om', 'Waits for a document', 'Atom', 'id'], personal)).toStrictEqual([
      '[removed]',
      '[removed]',
      '[removed]',
      'Waits for a document',
      'Atom',
      'id',
    ])
  })

  it('leaves a word that a name is a part of', () => {
    expect(clean('Pandey asks', { ...PERSONAL, firstName: 'Pan', lastName: 'Dey' })).toBe('Pandey asks')
  })

  it("knows a name in other letters, with a pattern's characters, and decomposed", () => {
    const personal = { ...PERSONAL, firstName: 'Zoë (A.*)', lastName: 'शर्मा' }

    expect(clean(['ZOE\u0308 (A.*)', 'Dear शर्मा,', 'Zoë (Axx)'], personal)).toStrictEqual([
      '[removed]',
      'Dear [removed],',
      'Zoë (Axx)',
    ])
  })

  it("removes anybody's PAN and email, such as those of who is in charge", () => {
    expect(clean({ rm: 'ask RM.One@lender.example (ABCPD1234E)' })).toStrictEqual({ rm: 'ask [removed] ([removed])' })
  })

  it('removes secrets that it is told of', () => {
    expect(createCleaner(PERSONAL, ['s3cr.t!', '']).json({ a: 'key S3cr.t!' })).toStrictEqual({ a: 'key [removed]' })
    expect(createCleaner({}, ['s3cr.t!']).text('s3cr.t! s3crxt!')).toBe('[removed] s3crxt!')
  })

  it('needs to know nothing of the person', () => {
    const nobody = { phone: '', firstName: '', lastName: '', email: '', pan: '', dateOfBirth: '', pinCode: '' }

    for (const personal of [nobody, {}])
      expect(createCleaner(personal).json({ a: 'b', c: [1, ''] })).toStrictEqual({ a: 'b', c: [1, ''] })
  })

  it('leaves every other value as it is', () => {
    const reply = { message: 'Übung ½ …', isError: false, result: null, list: [true, 1.5, '', {}] }

    expect(clean(reply)).toStrictEqual(reply)
  })

  it('keeps nothing of a reply that is not JSON', () => {
    expect(clean(undefined)).toBeNull()
    expect(clean(null)).toBeNull()
  })

  it('makes no prototype of a key', () => {
    const cleaned = clean(JSON.parse('{"__proto__":{"isAdmin":true}}')) as object

    expect(Object.getPrototypeOf(cleaned)).toBe(Object.prototype)
    expect(JSON.stringify(cleaned)).toBe('{"__proto__":{"isAdmin":true}}')
  })

  it.each(['[', '{"a":'])('gets through a reply of 64 KiB of %s', (opening) => {
    const depth = Math.floor((64 * 1024) / (opening.length + 1)) - 1
    const closing = opening === '[' ? ']' : '}'
    const json: unknown = JSON.parse(`${opening.repeat(depth)}"${PERSONAL.pan}"${closing.repeat(depth)}`)

    expect(JSON.stringify(clean(json)).length).toBeLessThan(200)
    expect(JSON.stringify(clean(json))).toContain('[removed]')
  })

  it('gets through a long text', () => {
    for (const piece of ['a', '9', '98765', 'a@', '1987', 'Zebulon ', '%40', '-', '\u0301', `9${'-'.repeat(999)}`]) {
      expect(clean(piece.repeat(Math.floor((64 * 1024) / piece.length)))).toStrictEqual({ truncated: true })
    }
  })

  it('keeps 8 KiB, and of more the fields that it knows', () => {
    const reply = (filling: string) => ({ message: 'Taken', a: filling })
    const room = 8 * 1024 - JSON.stringify(reply('')).length

    expect(clean(reply('x'.repeat(room)))).toStrictEqual(reply('x'.repeat(room)))
    expect(clean(reply('x'.repeat(room + 1)))).toStrictEqual({ truncated: true, message: 'Taken' })
    expect(clean(reply('é'.repeat(room - 10)))).toStrictEqual({ truncated: true, message: 'Taken' })
  })

  it('keeps the same fields of every long reply, short and without the customer', () => {
    const words = `${'\u0001'.repeat(90)}Zebulon ${'x'.repeat(9000)}`
    const result = {
      id: 'our-id',
      basicAppId: 'B002BJF',
      applicationStatus: words,
      applicationStage: words,
      latestStatus: `Zebulon ${words}`,
      loanAmountReq: 1,
      primaryBorrower: { customerId: 'C-1', firstName: 'Zebulon' },
      applicationComments: [{ refId: 'R-1', text: words }, { refId: 'R-2' }],
    }

    const kept = clean({ message: words, isError: false, result, other: 1 })

    expect(kept).toMatchObject({
      truncated: true,
      isError: false,
      result: {
        id: 'our-id',
        basicAppId: 'B002BJF',
        primaryBorrower: { customerId: 'C-1' },
        applicationComments: [{ refId: 'R-1' }],
      },
    })
    expect(JSON.stringify(kept).length).toBeLessThan(8 * 1024)
    expect(JSON.stringify(kept)).not.toMatch(/zebulon|other|loanAmount|R-2/i)
    expect(JSON.stringify(clean({ message: [], result: 'x'.repeat(9000) }))).toBe('{"truncated":true}')
  })
})

// Random people, in random replies.

const letters = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyzéçñशर')), minLength: min, maxLength: max })
const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: count, maxLength: count })
const capitals = (count: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ')), minLength: count, maxLength: count })

const person: fc.Arbitrary<Personal> = fc.record({
  phone: digits(9).map((rest) => `+919${rest}`),
  firstName: letters(3, 12),
  lastName: letters(3, 12),
  gender: fc.constantFrom(null, 'Male', 'Female', 'Other'),
  email: fc.emailAddress(),
  pan: fc.tuple(capitals(5), digits(4), capitals(1)).map((parts) => parts.join('')),
  dateOfBirth: fc
    .date({ min: new Date('1920-01-01'), max: new Date('2008-11-20'), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10)),
  pinCode: digits(5).map((rest) => `4${rest}`),
})

/** What must not come out, in lower case: it is looked for in replies that came in in any case. */
function traces({ phone, email, pan, dateOfBirth }: Personal): string[] {
  const [year, month, day] = dateOfBirth.split('-') as [string, string, string]
  const orders = [
    [year, month, day],
    [day, month, year],
    [month, day, year],
  ]
  const dates = orders.flatMap((order) => ['', '-', '/'].map((separator) => order.join(separator)))
  return [phone.slice(3), email, pan, ...dates].map((trace) => trace.toLowerCase())
}

/** A piece of data as a lender might write it. Names stand alone, or as words. */
function forms(personal: Personal): fc.Arbitrary<string> {
  const { phone, firstName, lastName } = personal
  const data = [...traces(personal), phone, phone.slice(1), phone.slice(3)]
  const inText = fc
    .tuple(fc.string({ maxLength: 12 }), fc.constantFrom(...data), fc.string({ maxLength: 12 }))
    .map((parts) => parts.join(''))
  const names = fc.constantFrom(firstName, lastName, `${firstName} ${lastName}`, `Dear ${firstName}, thanks`, `to:${lastName}!`)
  return fc
    .tuple(fc.oneof(inText, names), fc.constantFrom('as is', 'upper', 'lower'))
    .map(([text, letterCase]) =>
      letterCase === 'upper' ? text.toUpperCase() : letterCase === 'lower' ? text.toLowerCase() : text,
    )
}

function replies(personal: Personal): fc.Arbitrary<unknown> {
  const leaf = fc.oneof(
    forms(personal),
    fc.constant(Number(personal.phone.slice(3))),
    fc.constant(Number(personal.phone)),
    fc.constant(Number(personal.dateOfBirth.replaceAll('-', ''))),
    fc.boolean(),
    fc.constant(null),
    fc.constant('Under Review'),
  )
  const { reply } = fc.letrec<{ reply: unknown }>((tie) => ({
    reply: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      leaf,
      fc.array(tie('reply'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(forms(personal), fc.string({ maxLength: 12 }), fc.constant('mobile')), tie('reply'), { maxKeys: 4 }),
    ),
  }))
  return fc.record({ message: leaf, isError: fc.boolean(), result: reply })
}

/** Every text and number in a reply, keys too. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [...(Array.isArray(value) ? [] : [key]), ...wordsOf(one)])
}

describe('a reply of the lender, any one about anybody', () => {
  const anyReply = person.chain((personal) => fc.tuple(fc.constant(personal), replies(personal)))

  it('leaves nothing of them', () => {
    fc.assert(
      fc.property(anyReply, ([personal, reply]) => {
        const words = wordsOf(clean(JSON.parse(JSON.stringify(reply)), personal)).map((word) => word.toLowerCase())

        const names = [personal.firstName, personal.lastName].map((name) => name.toLowerCase())
        for (const word of words) {
          for (const trace of traces(personal)) expect(word).not.toContain(trace)
          expect(names).not.toContain(word)
          expect(word).not.toContain(`dear ${names[0]}, thanks`)
          expect(word).not.toContain(`to:${names[1]}!`)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is never more than it may be', () => {
    fc.assert(
      fc.property(anyReply, ([personal, reply]) => {
        const cleaned = clean(reply, personal)

        expect(new TextEncoder().encode(JSON.stringify(cleaned)).byteLength).toBeLessThanOrEqual(8 * 1024)
      }),
      { numRuns: 100 },
    )
  })

  it('leaves a reply about somebody else as it is', () => {
    const reply = {
      message: 'Application created',
      isError: false,
      result: { id: '0b8f1e52-7c3d-4a96-8e21-5d4c3b2a1f09', basicAppId: 'B002BJF', latestStatus: 'Under Review', amount: 5 },
      responseException: null,
    }

    expect(clean(reply)).toStrictEqual(reply)
  })
})
