import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { RenewerHandle } from '../../src/daemon/processes/renewer-handle.ts'
import type { RenewerOptions } from '../../src/daemon/processes/renewer-options.ts'
import type { LogFields } from '../../src/logging/log.ts'

/** A line of the renewer's log, its pid left out. */
export type RenewerLine = { level: string; event: string } & LogFields

/**
 * Writes a renewer's program: `on(job => ...)` is called for each job, `answer(job, result)` and
 * `process.send(message)` reply, `stop` is called at the end. Returns its path.
 */
export function writeScriptedRenewer(t: TestContext, program: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-renewer-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const modulePath = join(directory, 'program.cjs')
  writeFileSync(modulePath, `${prelude}\n${program}`)
  return modulePath
}

/**
 * A RenewerHandle whose process is this program, as writeScriptedRenewer says; it ends with the test.
 * `logged` resolves with the first line of an event.
 */
export function startScriptedRenewer(
  t: TestContext,
  program: string,
  options: Partial<RenewerOptions> = {},
) {
  const modulePath = writeScriptedRenewer(t, program)
  const directory = dirname(modulePath)
  const lines: RenewerLine[] = []
  const waiting: (() => void)[] = []
  const at =
    (level: string) =>
    (event: string, fields: LogFields = {}) => {
      lines.push({ level, event, ...fields })
      for (const look of waiting) look()
    }
  const renewer = new RenewerHandle({
    modulePath,
    env: { PATH: process.env['PATH'] },
    store: {
      kind: 'files',
      stateDirectory: directory,
      key: { from: 'file', path: join(directory, 'key') },
    },
    runtimeDirectory: directory,
    // Long enough to never be the reason that a test ends.
    idleLimitMs: 60_000,
    heartbeatLimitMs: 60_000,
    log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') },
    onDurable: (user) => at('info')('durable', { user }),
    onLost: () => {},
    onKept: () => {},
    onDropped: () => {},
    onLate: ({ user, scopes }, { accessToken }) =>
      at('info')('late', { user, reason: `${scopes.join(' ')}: ${accessToken}` }),
    ...options,
  })
  t.after(() => {
    for (const pid of renewer.pids) process.kill(pid, 'SIGKILL')
    return renewer.close()
  })
  const logged = (event: string) =>
    new Promise<RenewerLine>((resolve) => {
      const look = () => {
        const found = lines.find((line) => line.event === event)
        if (found !== undefined) resolve(found)
      }
      waiting.push(look)
      look()
    })
  return { renewer, lines, logged }
}

/** Its channel to the daemon; and tokens and records that a program leaves incomplete are completed. */
const prelude = `'use strict'
const channel = new (require('node:net').Socket)({ fd: 3 })
const token = { accessToken: 'a', fingerprint: 'f', expiresAt: 1, scopes: [], isDurable: true }
const complete = (result) => 'later' in result || 'wasRevoked' in result ? result
  : 'records' in result ? { others: [], records: result.records.map((record) => ({ refreshedAt: 1, ...record })) }
  : { ...token, ...result }
process.send = (message, then) => channel.write(JSON.stringify(
  'refreshed' in message ? { ...message, refreshed: complete(message.refreshed) } : message) + '\\n', then)
let rest = ''
channel.setEncoding('utf8').on('error', () => {}).on('data', (text) => {
  const lines = (rest + text).split('\\n')
  rest = lines.pop()
  for (const line of lines) process.emit('message', JSON.parse(line))
})
const answer = ({ id }, result, then) => process.send({ type: 'result', id, result: complete(result) }, then)
const on = (act) => process.on('message', (message) => {
  if (message.type === 'job') act({ id: message.id, ...message.job })
})
let stop = () => process.exit(0)
process.on('message', ({ type }) => { if (type === 'stop') stop() })`
