/** What standard input, and the command line, may be: the real sendmail says the right status, and what is accepted arrives. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runClient, runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'
import { emptied, me, startApiStage } from '../support/outbox-stage.ts'
import type { SentMessage } from '../support/sending-server.ts'

const mebibyte = 1024 ** 2

interface Row {
  /** Of the shell. */
  script: string
  status: number
  /** Of what arrives, the notice of what was refused with it. */
  wanted?: RegExp
}

const rows: Record<string, Row> = {
  'a job that prints 256 MiB': {
    script: `(printf 'Subject: job\\n\\n'; yes 'line' | head -c ${256 * mebibyte}) | sendmail root`,
    status: 0,
    wanted: /^line\r\n[^]*\[26\d{7} bytes /,
  },
  '2 GiB that cannot be cut': {
    script: `(printf 'Subject: dump\\nContent-Type: application/gzip\\n\\n'; head -c ${2048 * mebibyte} /dev/zero) | sendmail root`,
    status: 69,
    wanted: /Subject: +dump\r\n[^]*Size: +21474\d{5} bytes/,
  },
  '20 MB': {
    script: `(printf 'Subject: job\\n\\n'; yes 'line' | head -c 20000000) | sendmail root`,
    status: 0,
    wanted: /\[1\d{7} bytes /,
  },
  'standard input that is closed': {
    script: 'sendmail root <&-',
    status: 0,
    wanted: /^(?:\r\n)?$/,
  },
  nothing: { script: 'sendmail root < /dev/null', status: 0, wanted: /^(?:\r\n)?$/ },
  'a directory': { script: 'sendmail root < /', status: 74 },
  'no standard input, output and error': {
    script: 'sendmail root <&- >&- 2>&-',
    status: 0,
    wanted: /^(?:\r\n)?$/,
  },
  'no header': {
    script: `printf 'disk full\\n' | sendmail root`,
    status: 0,
    wanted: /^disk full\r\n/,
  },
  'a Subject, and text without a line between': {
    script: `printf 'Subject: s\\ntext\\n' | sendmail root`,
    status: 0,
    wanted: /^text\r\n/,
  },
  'a header of 1 MiB': {
    script: `(printf 'X-A: '; yes 'word' | head -c 1048576 | tr '\\n' ' '; printf '\\n\\nbody\\n') | sendmail root`,
    status: 0,
    wanted: /^body\r\n/,
  },
  'a header of 100,000 fields': {
    script: `(seq -f 'X-%.0f: a' 100000; printf '\\nbody\\n') | head -c 190000 | sendmail root`,
    status: 0,
    wanted: /^/,
  },
  '50,000 comments, one in another': {
    script: `(printf 'From: '; yes '(' | head -n 50000 | tr -d '\\n'; printf '\\n\\nbody\\n') | sendmail root`,
    status: 0,
    wanted: /^body\r\n/,
  },
  NUL: {
    script: `printf 'Subject: s\\0\\n\\nb\\0ody\\n' | sendmail root`,
    status: 0,
    wanted: /^body\r\n/,
  },
  'CR, LF and CRLF': {
    script: `printf 'Subject: s\\r\\nX-A: b\\rX-B: c\\n\\r\\none\\rtwo\\r\\nthree\\nfour' | sendmail root`,
    status: 0,
    wanted: /^one\r\ntwo\r\nthree\r\nfour\r\n/,
  },
  '100,000 recipients': {
    script: `echo hi | sendmail $(seq -f '%.0f@x.org' 100000)`,
    status: 65,
  },
  '100,000 recipients of a header': {
    script: `(printf 'To: '; seq -f '%.0f@x.org,' 100000; printf '\\n\\nbody\\n') | tr '\\n' ' ' | sendmail -t`,
    status: 65,
  },
  'a file that an option names': {
    script: `printf 'Subject: s\\n\\nbody\\n' | sendmail -X "$HOME/made" -C /etc/shadow root; s=$?; test ! -e "$HOME/made" && exit $s`,
    status: 0,
    wanted: /^body\r\n/,
  },
}

/** Prints the largest memory of the programs that the script ran, in KiB, and exits with its status. */
const measured = `
import resource, subprocess, sys
status = subprocess.run(['sh', '-c', sys.argv[1]], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
`

test('whatever comes on standard input, sendmail says the right status and keeps no more of it than it must', async (t) => {
  const { api, world, spool } = await startApiStage(t, 'gmail-api', () => 'max_size = "2MiB"\n')
  const bin = join(world.home.directory, 'bin')
  mkdirSync(bin)
  assert.equal((await runClient(world.home, ['sendmail', '--install', bin])).status, 0)
  const env = { ...world.home.env, PATH: `${bin}:${world.home.env['PATH']}` }
  const python = installedProgram('python3', 'python3')
  for (const [name, { script, status, wanted }] of Object.entries(rows)) {
    const before = api.sent.length
    const run = await runProgram(python, ['-c', measured, script], env)
    assert.equal(run.status, status, `${name}: ${run.stdout}${run.stderr}`)
    assert.ok(Number(run.stdout) < 96 * 1024, `${name}: ${run.stdout} KiB of memory`)
    await api.taken(before + (wanted === undefined ? 0 : 1))
    await emptied(spool)
    const sent = api.sent.slice(before)
    assert.deepEqual(
      sent.map(({ recipients }) => recipients),
      wanted === undefined ? [] : [[me]],
      name,
    )
    if (wanted !== undefined) assert.match(bodyOf(sent[0]), wanted, name)
    assert.deepEqual(readdirSync(join(spool, 'tmp')), [], name)
  }
})

function bodyOf(sent: SentMessage | undefined): string {
  const body = sent?.read.body.replaceAll('=\r\n', '') ?? ''
  return body.replaceAll(/=([\dA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
}
