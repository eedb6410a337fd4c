/** One option of a program's command line. */
export interface Option {
  type: 'string' | 'boolean'
  /** One letter; of those without a value alone. */
  short?: string
  /** The placeholder of the value in the help text. */
  value?: string
  /** Given as `--no-NAME`. */
  isNegated?: true
  /** May be given several times: the values are joined by commas. */
  isRepeatable?: true
  help: string
}

/** The width of a help text that is not for a narrower terminal. */
export const helpWidth = 96

/** The option as a person writes it, without its dashes. */
export function writtenName(name: string, { isNegated }: Option): string {
  return isNegated === true ? `no-${name}` : name
}

/** The option with its short form and value, like `-h, --help` or `--user=ADDRESS`. */
export function writtenOption(name: string, option: Option): string {
  const short = option.short === undefined ? '' : `-${option.short}, `
  const value = option.value === undefined ? '' : `=${option.value}`
  return `${short}--${writtenName(name, option)}${value}`
}

/** The lines of a help text for a table of options. */
export function describeOptions(table: Record<string, Option>, width = helpWidth): string {
  const rows = Object.entries(table).map(([name, option]) =>
    describeRow(writtenOption(name, option), option.help, width),
  )
  return rows.join('')
}

/** One indented line of a help text, its second column wrapped under itself. */
export function describeRow(left: string, right: string, width = helpWidth): string {
  const column = width < 72 ? 18 : 26
  const margin = `\n${' '.repeat(column)}`
  const start = `  ${left}`
  const gap = start.length < column - 1 ? ' '.repeat(column - start.length) : margin
  return `${start}${gap}${wrapWords(right, width - column).join(margin)}\n`
}

/** The lines of a help text for terms with their meanings. */
export function describeRows(table: Record<string, string>, width = helpWidth): string {
  return Object.entries(table)
    .map(([term, meaning]) => describeRow(term, meaning, width))
    .join('')
}

/** The text wrapped into lines of at most `length` characters; a longer word has its own line. */
export function wrapWords(text: string, length: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > length) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
