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

- \`bridge: 25 MiB up\` is of a program that does nothing but write, 64 KiB of zeros after 64 KiB, as no mail program does; the row of curl is
  of the fastest of them. Python's smtplib takes 0.9 of its time by TLS, msmtp, which writes one line at a time, 0.65. On two
  processors the CPU of all processes counts. On Node 24, directly: 20 ms, 9 of the program and 11 of the server; through the bridge 33: 5, 15 of the
  bridge, and 13; which is 1.6 where nobody waits for anybody. A proxy in C (OpenSSL 3.0) that only reads 256 KiB and encrypts them takes 17 to
  19 ms, and made it 2.2 where the bridge made it 1.8 (Node 20: 19 to 20 ms, a quarter of it AES, and 1.5 both). One that does no TLS and only copies is a row
  below. For 256 KiB the bridge makes one read, one write and a call of epoll (Node 24). Of its CPU two thirds are the kernel's, 10 % AES, 7 %
  copying by OpenSSL and 16 % Node and JavaScript (perf). Blocks of 512 KiB took 6 to 10 % less CPU, and would be kept by each connection. To
  pause the program at the second block in place of the first made no difference: below 1 %. On a machine that is busy the ratios
  are the scheduler's, which gives three processes more than two: this one was 0.8, and by curl 1.0.
- \`bridge: login, CPU beside a bare Node proxy\`: both make the same connection by TLS; ours asks the kernel for the caller, checks a
  password, asks the daemon for a token, and logs two lines. The contract's 5 ms are kept. In 1,000 logins one after the other it is
  1.8 on Node 20 and 1.7 on Node 24; the first 400 after a start take a fifth to a third more, until V8 has compiled what they run. A collection (queryObjects)
  takes 70 to 120 ms, so that one among 100 logins was 1 ms of each; it costs later logins 10 ms in all, and 0.3 ms each at most. One
  by gc() takes 13, and leaves 3 MiB more on Node 20 and 8 on Node 24.
- \`bridge: idle IMAP connection\`: what 750 more take where 250 are open, read when what their logins took has gone back to the kernel.
  On Node 24 it was 63 to 67 until the C library took fresh memory for what is large (src/kernel/take-fresh-memory.ts), and is 54 to 57 in the
  same experiments; on Node 20 46, and 38 to 39. 10 of it are V8's heap. Of 39 KiB that Node and OpenSSL allocate in small pieces 8 are the key of ML-KEM, 9
  the record layers, 7 the connection and 2 the contexts of AES. Besides, Node keeps 64 KiB to read into and 16 to write from as long as
  the connection, of which 4 each are used. With one of the two options of malloc alone it was 59 to 61 (what is large is taken from the
  kernel) and 65 (the heap grows by what is needed). In all, 1,000 pairs take 118 to 120 MiB, and took 126 to 128.
- \`sendmail, its start\` and \`client, token on stdout\` reach their goals, or are near them, since they ask a socket by system calls (koffi):
  that is a tenth of the CPU of \`node -e 0\` less than by node:net, which the ten lines of \`a prototype\` load. What is left is
  a file in place of \`-e\`, to read and compile 37 KB (1.2 ms of 20), koffi (1.5), and the questions whose socket and whose directory it is.
  A minified bundle, one file in place of three, and to read input without an iterator made no difference: below 2 % each.
- \`sendmail, a message accepted\`: 1.25 of it is CPU of the client, the rest is the wait for the outbox to sync the message.
- \`kill -9 to the next token\`: a bare Node that starts a bare Node beside another, and that makes two requests by TLS, takes about 4.3. In a traced start of
  ours a sixth is the daemon up to the start of its children, half the start of the renewer and of the configuration reader beside it up
  to open sockets, a fifth the provider's library, the locks of the store and what node:https loads, and the rest the two requests
  and the fsyncs of the sealed record. V8's code cache would save compiling, but whoever may write it runs code as the daemon (src/README.md).
  To load node:https in the renewer while it waits for the configuration, and the provider's library as soon as the store is proved, made
  no difference where both processors have work (0.97 to 1.00 in pairs).
- \`memory after 300,000 requests\`, on Node 24: a bare server of it goes from 48 to 63 MiB, where that of Node 20 goes from 43 to 80. Three quarters
  of 63 are less than a bare server takes at rest. The daemon has 52 at rest, 83 when the load ends and 55 five seconds later.
- \`heap for each of 10,000 accounts\`: 1.9 KiB of it are the token. \`memory\` is more by what V8 has not collected since the start:
  a collection of such a heap takes 130 ms, in which nobody would be answered.
- \`memory idle\`, on Node 24: a bare server takes 45.5 MiB, and 50.0, which is 1.10 of it, with node:http, node:child_process and
  koffi's native module, which the daemon needs for the control socket, its children, and the kernel's word about who asks. Its own
  code and heap are 3.7. What it makes garbage of at its start is given back: 1.9 of it stays for the function that does so, other ways to collect leave more.
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
