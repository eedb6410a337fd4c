import { wrapWords } from '../command-line/option-table.ts'
import type { BridgeTrouble } from '../messages/bridge-api.ts'
import type { Screen } from './terminal.ts'

/** One of them, in a sentence. */
export function bridgeTroubleText(trouble: BridgeTrouble): string {
  const { protocol, user, who, message, count, last_at: at } = trouble
  const about = [protocol, user ?? '', who].filter((word) => word !== '').join(', ')
  const often = count === 1 ? `at ${at}` : `${count} times, last at ${at}`
  return `${about === '' ? '' : `${about}: `}${message} (${often})`
}

/** What `status` says of the bridges: what went wrong, and what to do; empty where nothing did. */
export function bridgeTroublesText(
  troubles: readonly BridgeTrouble[],
  { columns }: Pick<Screen, 'columns'>,
): string {
  if (troubles.length === 0) return ''
  const lines = troubles.flatMap((trouble) => {
    const { hint } = trouble
    const troubleLines = wrapWords(bridgeTroubleText(trouble), columns - 4).map(
      (line, row) => `${row === 0 ? '  ' : '    '}${line}`,
    )
    return [
      ...troubleLines,
      ...(hint === '' ? [] : wrapWords(`-> ${hint}`, columns - 6)).map(indented),
    ]
  })
  return `\nAt the bridges, in the last hour:\n${lines.join('\n')}\n`
}

function indented(line: string, row: number): string {
  return `${row === 0 ? '    ' : '       '}${line}`
}
