/** What people are told in messages without a code. */
export const NOTICE_KINDS = ['lead_created', 'lead_status'] as const
export type NoticeKind = (typeof NOTICE_KINDS)[number]

/** What such a message can show. */
export const NOTICE_VALUES = ['first_name', 'application_id', 'loan_type', 'status'] as const
export type NoticeValue = (typeof NOTICE_VALUES)[number]

/** A template at a vendor, and what its places are for, in their order. */
export interface NoticeTemplate {
  readonly templateId: string
  readonly values: readonly NoticeValue[]
}
