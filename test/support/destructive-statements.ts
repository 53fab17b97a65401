const DESTRUCTIVE = [
  /\bDROP\s+TABLE\b/i,
  /\bALTER\s+TABLE\s+\S+\s+DROP\b/i,
  /\bALTER\s+TABLE\s+\S+\s+RENAME\s+TO\b/i,
  // How drizzle-kit rebuilds a table: copy, drop, rename. On D1 the drop empties children that cascade.
  /\b__new_/i,
  /^\s*(DELETE|UPDATE|REPLACE)\b/i,
  /\bPRAGMA\b/i,
  /\bON\s+DELETE\s+(CASCADE|SET\s+(NULL|DEFAULT))\b/i,
  /\bCREATE\s+(TEMP\s+|TEMPORARY\s+)?TRIGGER\b/i,
]

/** The statements of a migration that lose data, or arrange for it to be lost. */
export function destructiveStatements(sql: string): string[] {
  return sql
    .split('--> statement-breakpoint')
    .map((statement) => statement.replaceAll(/--.*$/gm, '').trim())
    .filter((statement) => DESTRUCTIVE.some((pattern) => pattern.test(statement.replaceAll(/'[^']*'/g, "''"))))
}
