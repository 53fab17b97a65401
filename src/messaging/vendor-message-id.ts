import * as z from 'zod'

/** A vendor's id of a message: visible ASCII of a length that no vendor's ids come near. */
export const vendorMessageIdSchema = z.string().regex(/^[\x21-\x7e]{1,200}$/)
