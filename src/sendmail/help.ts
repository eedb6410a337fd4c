import { foldText } from '../command-line/fold-text.ts'
import { describeRows, helpWidth } from '../command-line/option-table.ts'
import { exitMeanings } from './exit-status.ts'
import { optionMeanings, variableMeanings } from './option-meanings.ts'

/** What --help prints, for a terminal of so many columns. */
export function helpText(columns = Infinity): string {
  const width = Math.min(columns, helpWidth)
  const statuses = Object.entries(exitMeanings).map(([status, meaning]) => [status, meaning])
  const text = `usage: cms-oauth sendmail [OPTION]... [ADDRESS]... < MESSAGE

Hands a message to the outbox of cms-oauthd, which stores it and sends it by the
account of its [[outbox]]. Other options of sendmail are accepted and ignored.

${describeRows(optionMeanings, width)}
Environment:
${describeRows(variableMeanings, width)}
Exit status:
${describeRows(Object.fromEntries(statuses) as Record<string, string>, width)}`
  return foldText(text, columns)
}
