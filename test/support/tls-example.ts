import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** How TLS begins on a connection. */
export type TlsForm = 'starttls' | 'implicit'

/** Where examples/bridge/README.md has the bridge's certificate. */
export const certificatePlace = '/etc/ssl/bridge.pem'

const readme = join(import.meta.dirname, '..', '..', 'examples', 'bridge', 'README.md')
const rows = readFileSync(readme, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))

/** The files of examples/bridge/ that README.md says about what they need for TLS. */
export const filesWithTls = rows.flatMap(([, files = '']) => codeOf(files))

/** Whether the program knows TLS of this form, after README.md. */
export function knowsTls(path: string, form: TlsForm): boolean {
  return cellOf(path, form) !== 'no'
}

/** A file of examples/bridge/ (the path is below that) changed as README.md says. @throws where it cannot be */
export function withTls(path: string, form: TlsForm, text: string): string {
  const cell = cellOf(path, form)
  const changed = cell.startsWith('the same;') ? withTls(path, 'starttls', text) : text
  return cell.split(/;(?= `)/).reduce((before, change) => apply(path, before, change), changed)
}

function cellOf(path: string, form: TlsForm): string {
  const row = rows.find(([, files = '']) => codeOf(files).includes(path))
  const cell = row?.[form === 'starttls' ? 2 : 3]
  if (cell === undefined) throw new Error(`${readme} does not say what ${path} needs for TLS`)
  return cell
}

/** Either "`new`, `lines` instead of `old`", or lines for the end of the file. */
function apply(path: string, text: string, change: string): string {
  const [lines = [], [instead] = []] = change.split(' instead of ').map(codeOf)
  if (instead === undefined) return `${text}${lines.map((line) => `${line}\n`).join('')}`
  if (!text.includes(instead)) throw new Error(`there is no "${instead}" in ${path}`)
  return text
    .split('\n')
    .map((line) => line.replaceAll(instead, () => lines.join(`\n${/^\s*/.exec(line)?.[0]}`)))
    .join('\n')
}

function codeOf(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
}
