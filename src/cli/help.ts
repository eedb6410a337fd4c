import { describeOptions, describeRow, wrapWords } from '../option-table.ts'
import { commands } from './command-table.ts'
import { exitMeanings } from './exit-status.ts'
import { optionTable } from './options.ts'

/** How the client is called without a command. */
export const synopses = [
  'cms-oauth --user=ADDRESS [--cms_sock=PATH] [--proto=PROTO] [--output=FORMAT] [--no_newline]',
  'cms-oauth --user=ADDRESS --test-smtp=HOST[:PORT]   (also --test-imap, --test-pop)',
]

/** The text of `cms-oauth --help`, made from the tables of commands and options. */
export function helpText(): string {
  const rows = commands.map(([name, { operand, help }]) =>
    describeRow([name, operand].join(' ').trimEnd(), help),
  )
  const meanings = Object.entries(exitMeanings).map(([status, meaning]) => `${status} ${meaning}`)
  return `Usage:
${synopses.map((synopsis) => `  ${synopsis}\n`).join('')}  cms-oauth COMMAND

Commands:
${rows.join('')}
Options:
${describeOptions(optionTable)}
${wrapWords(`Exit status: ${meanings.join('; ')}.`, 96).join('\n')}
`
}
