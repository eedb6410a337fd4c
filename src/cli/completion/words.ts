import { type Option, writtenName } from '../../option-table.ts'
import { outputFormats, protocols } from '../../sasl/output-format.ts'
import { optionTable } from '../options.ts'

/** Shells that a completion is made for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What a value is completed with: addresses of the daemon, files, words, or nothing. */
export type Values = 'addresses' | 'files' | readonly string[] | undefined

/**
 * A shell command that prints the daemon's accounts, one in a line, and nothing without a daemon. It
 * leaves out an address that a shell would have to quote.
 */
export const accountsCommand = String.raw`cms-oauth status --json 2>/dev/null | sed -n 's/^ *"user": "\([A-Za-z0-9._%+@-]*\)",$/\1/p'`

const valueKinds: Record<string, Values> = {
  ADDRESS: 'addresses',
  PATH: 'files',
  FILE: 'files',
  PROTO: protocols,
  FORMAT: outputFormats,
}

/** What the value of an option, or a command's operand as its help shows it, is completed with. */
export function valuesOf(shown: string | undefined): Values {
  if (shown === undefined) return undefined
  if (shown.includes('|')) return shown.split('|')
  return valueKinds[shown.replaceAll(/[[\]]/g, '')]
}

/** Every option as it is written, with its entry of the table. */
export const writtenOptions: (readonly [string, Option])[] = Object.entries<Option>(
  optionTable,
).map(([name, option]) => [writtenName(name, option), option])
