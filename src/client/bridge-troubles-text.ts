import { wrapWords } from '../command-line/option-table.ts'
import type { BridgeTrouble } from '../messages/bridge-api.ts'
import type { Screen } from './terminal.ts'

/** What `status` says of the bridges: what went wrong, and what to do; empty where nothing did. */
export function bridgeTroublesText(
  troubles: readonly BridgeTrouble[],
  { columns }: Pick<Screen, 'columns'>,
): string {
  if (troubles.length === 0) return ''
  const lines = troubles.flatMap(({ protocol, user, who, message, hint, count, last_at: at }) => {
    const about = [protocol, user ?? '', who].filter((word) => word !== '').join(', ')
    const often = count === 1 ? `at ${at}` : `${count} times, last at ${at}`
    const text = `${about === '' ? '' : `${about}: `}${message} (${often})`
    const said = wrapWords(text, columns - 4).map(
      (line, row) => `${row === 0 ? '  ' : '    '}${line}`,
    )
    return [...said, ...(hint === '' ? [] : wrapWords(`-> ${hint}`, columns - 6)).map(indented)]
  })
  return `\nAt the bridges, in the last hour:\n${lines.join('\n')}\n`
}

function indented(line: string, row: number): string {
  return `${row === 0 ? '    ' : '       '}${line}`
}
