/** A value that a text can have a place for. */
export interface Variable {
  /** Other names by which a text may call it. */
  readonly aliases: readonly string[]
  /** For a preview. */
  readonly sample: string
  /** As many characters and bytes as the value can have: what a text is measured with. */
  readonly longest: string
  readonly description: string
}

/** Every variable that a text can have, by name. */
export const VARIABLES = {
  otp_code: {
    aliases: ['code', 'otp'],
    sample: '123456',
    longest: '0'.repeat(10),
    description: 'The code.',
  },
  expires_in_minutes: {
    aliases: [],
    sample: '5',
    longest: '10',
    description: 'Minutes for which the code is valid.',
  },
  app_name: {
    aliases: [],
    sample: 'Example',
    // `APP_NAME` takes 30 characters, and most scripts need three bytes for one.
    longest: 'ह'.repeat(30),
    description: 'What the app is called.',
  },
  purpose: {
    aliases: [],
    sample: 'login',
    longest: 'x'.repeat(32),
    description: 'What the code is for.',
  },
  amount: {
    aliases: [],
    sample: 'INR 5000.00',
    longest: 'XXX 9999999999999.99',
    description: 'Payments only: what is paid, with its currency.',
  },
  payee: {
    aliases: [],
    sample: 'Example Finance',
    longest: 'ह'.repeat(40),
    description: 'Payments only: who is paid.',
  },
  loan: {
    aliases: [],
    sample: '*23',
    longest: '*0000',
    description: 'Payments only: the end of the id of the loan.',
  },
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES

/** Values by the names of their variables; one that is not given is empty. */
export type Values = { readonly [Name in VariableName]?: string | undefined }

/** Those that every message has a value for. */
export const USUAL_VARIABLES: readonly VariableName[] = ['otp_code', 'expires_in_minutes', 'app_name', 'purpose']

export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[]

export const SAMPLE_VALUES = valuesBy(({ sample }) => sample)
export const LONGEST_VALUES = valuesBy(({ longest }) => longest)

const NAMES = new Map<string, VariableName>(
  VARIABLE_NAMES.flatMap((name) => [name, ...VARIABLES[name].aliases].map((spelling) => [spelling, name] as const)),
)

/** The variable that a text means by this name, or undefined where there is none. */
export function variableNamed(spelling: string): VariableName | undefined {
  return NAMES.get(spelling)
}

function valuesBy(pick: (variable: Variable) => string): Readonly<Record<VariableName, string>> {
  return Object.fromEntries(VARIABLE_NAMES.map((name) => [name, pick(VARIABLES[name])])) as Record<VariableName, string>
}
