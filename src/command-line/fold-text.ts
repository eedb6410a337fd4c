import { wrapWords } from './option-table.ts'

/** How many characters a line of this stream has; Infinity where it is not a terminal. */
export function columnsOf({ isTTY = false, columns = 0 }: { isTTY?: boolean; columns?: number }) {
  // A terminal that does not say how wide it is says 0.
  return isTTY ? columns || 80 : Infinity
}

/**
 * The text with lines of at most so many characters, broken between words; the rest of a line is
 * indented by two more. What is in quotes stays on one line where it can, since people copy it. A
 * longer word (a URL) is left to the terminal.
 */
export function foldText(text: string, columns: number): string {
  return text
    .split('\n')
    .map((line) => foldLine(line, columns))
    .join('\n')
}

/**
 * As `foldText`, for a command of the shell: each line but the last ends in a backslash. A comment cannot go
 * on so: it comes first, and each of its lines begins with `#`.
 */
export function foldCommand(command: string, columns: number): string {
  if (command.length <= columns) return command
  const [indent = ''] = /^ */.exec(command) ?? []
  const start = command.search(/(?<!\S)# /)
  const own = start === -1 ? command : command.slice(0, start).trimEnd()
  const comment = start === -1 ? '' : foldLine(indent + command.slice(start), columns)
  return [
    comment.replaceAll(`\n${indent}  `, `\n${indent}# `),
    foldLine(own, columns - 2).replaceAll('\n', ' \\\n'),
  ]
    .filter((part) => part.trim() !== '')
    .join('\n')
}

function foldLine(line: string, columns: number): string {
  if (line.length <= columns) return line
  const [indent = ''] = /^ */.exec(line) ?? []
  const width = columns - indent.length - 2
  const bound = line
    .slice(indent.length)
    .replaceAll(/(?<!\S)"[^"]*"\S*/g, (quoted) =>
      quoted.length > width ? quoted : quoted.replaceAll(' ', '\u00a0'),
    )
  const lines = wrapWords(bound, width).map((each) => each.replaceAll('\u00a0', ' '))
  return `${indent}${lines.join(`\n${indent}  `)}`
}
