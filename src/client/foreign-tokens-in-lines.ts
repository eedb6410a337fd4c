import { findToken, type ForeignToken, isAddressed } from './foreign-token.ts'

/** `name: value` and `name = value`, as in "oama show", a shell's file and an ini file. */
const assignment = /^(?:export[ \t]+)?([A-Za-z_][\w-]{0,63})(?:[ \t]*=[ \t]*|:[ \t]+)(.*)$/
const section = /^\[([^\]]{1,320})\]$/

interface Section {
  /** The address in the section's name. */
  address?: string
  fields: Record<string, string>
}

/** The refresh tokens in lines: one in a file without sections, else one of each section. */
export function tokensInLines(lines: readonly string[]): ForeignToken[] {
  return readSections(lines).flatMap(({ fields, ...owner }) => findToken(fields, owner) ?? [])
}

/** Whether a line has the form of an assignment. A bare token that ends in `=` has not. */
export function isNamed(line: string): boolean {
  const [, , value = ''] = assignment.exec(line) ?? []
  return section.test(line) || /^[^=\s]/.test(value)
}

function readSections(lines: readonly string[]): Section[] {
  let current: Section = { fields: {} }
  const sections = [current]
  const isIni = lines.some((line) => section.test(line.trimEnd()))
  for (const line of lines) {
    const [, name] = section.exec(line.trimEnd()) ?? []
    if (name !== undefined) {
      current = { fields: {}, ...(isAddressed(name) ? { address: name } : {}) }
      sections.push(current)
      continue
    }
    // Below a section an indented line continues a text.
    if (isIni && /^[ \t]/.test(line)) continue
    const [, key, value = ''] = assignment.exec(line.trim()) ?? []
    if (key !== undefined) current.fields[key] = withoutQuotes(value)
  }
  return sections
}

function withoutQuotes(value: string): string {
  const quote = value.at(0)
  const isQuoted = value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote)
  return isQuoted ? value.slice(1, -1) : value
}
