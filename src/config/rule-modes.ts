/** `enforce` refuses, `observe` only keeps that it would have, `off` does not count. */
export const RULE_MODES = ['enforce', 'observe', 'off'] as const
export type RuleMode = (typeof RULE_MODES)[number]
