import { describeRows } from '../command-line/option-table.ts'
import { exitMeanings } from './exit-status.ts'

import { optionMeanings, variableMeanings } from './option-meanings.ts'

/** What --help prints. */
export function helpText(): string {
  const statuses = Object.entries(exitMeanings).map(([status, meaning]) => [status, meaning])
  return `usage: cms-oauth sendmail [OPTION]... [ADDRESS]... < MESSAGE

Hands a message to the outbox of cms-oauthd, which stores it and sends it by the
account of its [[outbox]]. Other options of sendmail are accepted and ignored.

${describeRows(optionMeanings)}
Environment:
${describeRows(variableMeanings)}
Exit status:
${describeRows(Object.fromEntries(statuses) as Record<string, string>)}`
}
