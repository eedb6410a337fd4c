import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { type Row, summary } from './row.ts'

const file = join(import.meta.dirname, 'RESULTS.md')
const intro = `# What it costs

Ratios to a bare Node of the same version, measured in the same run on the same machine: \`npm run bench\`
writes this file, \`npm run bench -- --only token-socket --node 24\` a part of it. An absolute time would
say more about the machine than about the program. Rows of 10,000
accounts are beside a daemon of one, or in the unit they name. The bridge and the outbox get their rows here.
`
/** Why a figure is what it is, where that is known. */
const reasons = `
## Where a goal is not reached

- \`bridge: 25 MiB up\`, on two processors: a program that sends on its own is one process beside the server's, through the
  bridge there are three, and reading, encrypting and writing 25 MiB takes 24 ms of CPU. The barest proxy that Node can be takes as long, within a tenth (the
  row below it), and so much CPU. A profile shows AES, copies in the kernel, and 480 reads and writes.
- \`bridge: login, CPU beside a bare Node proxy\`: both make the same connection by TLS; ours asks the kernel for the caller, checks a
  password, asks the daemon for a token, and logs two lines. The contract's 5 ms are kept.
- \`sendmail, its start\`: a program of ten lines that only hands over what it reads takes 1.2 to 1.3 times the CPU of
  \`node -e 0\`, most of it for loading node:net and making a connection. The rest is reading and compiling 25 KB, and what they do.
- \`outbox: messages accepted in a second\`: a disk that others write to as well was six times as fast in one second as in the
  next; on a slow one the ratio is near 1, on a fast one the CPU of a request counts.
`

/** One line of the table, and what the last run had in it. */
export function describe(row: Row, last: string | undefined): string {
  const { middle, range } = summary(row)
  const before = last === undefined || last === middle ? '' : `, before: ${last}`
  return `${row.name}: ${middle} (${range}), goal ${row.goal}${before}`
}

/** The section of a Node's major version, as RESULTS.md has it: figures by the names of the rows. */
export function lastResults(node: string): Map<string, string> {
  const rows = sections().get(heading(node)) ?? []
  return new Map(rows.map((row) => cells(row)).map(([name = '', middle = '']) => [name, middle]))
}

/** Puts the rows into the section of this Node; others stay. */
export function writeResults(rows: readonly Row[], node: string, rounds: number): void {
  const all = sections()
  const kept = new Map((all.get(heading(node)) ?? []).map((row) => [cells(row)[0] ?? '', row]))
  const how = `Node ${node}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${rounds} rounds`
  for (const row of rows) {
    const { middle, range } = summary(row)
    kept.set(row.name, `| ${row.name} | ${middle} | ${range} | ${row.goal} | ${how} |`)
  }
  all.set(heading(node), [...kept.values()])
  const head =
    '| figure | ratio | of all rounds | goal | measured on |\n| --- | --- | --- | --- | --- |'
  const text = [...all]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([title, lines]) => `\n${title}\n\n${head}\n${lines.join('\n')}\n`)
  writeFileSync(file, `${intro}${text.join('')}${reasons}`)
}

function heading(node: string): string {
  return `## Node ${node.split('.')[0]}`
}

function cells(row: string): string[] {
  return row
    .split('|')
    .slice(1)
    .map((cell) => cell.trim())
}

/** The rows of each section of the file; none where there is no file yet. */
function sections(): Map<string, string[]> {
  const all = new Map<string, string[]>()
  for (const section of read()
    .split(/^(?=## )/m)
    .filter((text) => text.startsWith('## Node '))) {
    const [title = '', ...lines] = section.split('\n')
    all.set(
      title,
      lines.filter((line) => /^\| (?!figure|-)/.test(line)),
    )
  }
  return all
}

function read(): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
