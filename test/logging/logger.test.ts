import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LogFields } from '../../src/logging/log.ts'
import { chooseLogOutput, createLogger, type LogOutput } from '../../src/logging/logger.ts'
import { Secret } from '../../src/logging/secret.ts'

const token = 'canary-token'

/** As a descriptor that takes all. */
function into(written: string[]): (bytes: Uint8Array) => number {
  return (bytes) => {
    written.push(String(bytes))
    return bytes.length
  }
}

function lines(
  output: LogOutput,
  use: (log: ReturnType<typeof createLogger>) => void,
  isColoured = false,
): string[] {
  const written: string[] = []
  use(createLogger({ level: 'debug', output, isColoured, write: into(written) }))
  return written
}

function warnOnce(log: ReturnType<typeof createLogger>): void {
  log.warn('token.refresh_failed', { uid: 8 })
}

function only(output: LogOutput, fields: LogFields): string {
  return lines(output, (log) => log.info('token.refreshed', fields)).join('')
}

test('a line of JSON holds time, level, event and fields, and no process or host', () => {
  const line = only('json', { user: 'user@example.com', count: 2 })
  assert.ok(line.endsWith('}\n'))
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(rest, {
    level: 'info',
    event: 'token.refreshed',
    user: 'user@example.com',
    count: 2,
  })
})

test('journald reads the priority at the start of each line', () => {
  const written = lines('journald', (log) => {
    log.debug('a')
    log.info('b', { user: 'u@x' })
    log.warn('c')
    log.error('d', { code: 'store_locked' })
  })
  assert.deepEqual(written, ['<7>a\n', '<6>b user="u@x"\n', '<4>c\n', '<3>d code="store_locked"\n'])
})

test('a person sees one line per event, in colour unless that is not wanted', () => {
  assert.match(
    lines('terminal', warnOnce)[0] ?? '',
    /^\d\d:\d\d:\d\d warn {2}token\.refresh_failed uid=8\n$/,
  )
  const [plain = ''] = lines('terminal', warnOnce)
  const [coloured] = lines('terminal', warnOnce, true)
  assert.equal(coloured?.slice(9), plain.slice(9).replace('warn ', '\u001B[33mwarn \u001B[0m'))
})

test('lines that belong together are one write, in order, also when what logs them throws', () => {
  const written = lines('json', (log) => {
    log.together(() => {
      log.info('one')
      log.info('two')
    })
    log.together(() => {})
    assert.throws(() =>
      log.together(() => {
        log.info('three')
        throw new Error('in between')
      }),
    )
    log.info('four')
  })
  const events = written.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { event: string }).event),
  )
  assert.deepEqual(events, [['one', 'two'], ['three'], ['four']])
})

test('what is below the level is not written', () => {
  const written: string[] = []
  const log = createLogger({ level: 'warn', output: 'json', write: into(written) })
  log.debug('a')
  log.info('b')
  log.warn('c')
  assert.equal(written.length, 1)
})

test('the level can change while the log is in use', () => {
  const written = lines('journald', (log) => {
    log.setLevel('error')
    log.warn('a')
    log.setLevel('warn')
    log.warn('b')
  })
  assert.deepEqual(written, ['<4>b\n'])
})

test('a field that is not on the list does not get out, whatever a caller casts', () => {
  const fields = { user: 'u@x', accessToken: token, answer: { error: 'e', refresh_token: token } }
  for (const output of ['json', 'journald', 'terminal'] as const) {
    const line = only(output, fields)
    assert.ok(!line.includes(token), line)
    assert.ok(line.includes('u@x'))
  }
})

test('a secret prints as [secret], and an object in the place of a text shows nothing of itself', () => {
  const fields = {
    user: new Secret(token),
    reason: { token },
    message: new Error('why'),
  } as unknown
  const { user, reason, message } = JSON.parse(only('json', fields as LogFields)) as LogFields
  assert.deepEqual([user, reason, message], ['[secret]', '[object Object]', 'Error: why'])
})

test('what a provider said is reduced to its known fields', () => {
  const answer = { status: 400, error: 'invalid_grant', aadsts: 50_173 }
  assert.deepEqual((JSON.parse(only('json', { answer })) as LogFields).answer, answer)
})

test('a value can move no cursor, end no line and turn no text around', () => {
  const hostile = 'a\n<0>b\u001b[2J\u007f\u0085\u009b\u202e\u2028\u2029\u200b\u{e0001}"'
  for (const output of ['journald', 'terminal', 'json'] as const) {
    const line = only(output, { program: hostile, answer: { error: hostile } })
    assert.match(line, /^[\x20-\x7e]+\n$/)
    const [, shown = ''] = /program"?[=:]("(?:[^"\\]|\\.)*")/.exec(line) ?? []
    assert.equal(JSON.parse(shown), hostile)
  }
})

test('letters of any language stay as they are', () => {
  for (const output of ['journald', 'terminal', 'json'] as const) {
    assert.match(only(output, { program: 'Grüße, 東京' }), /"Grüße, 東京"/)
  }
})

test('the output is chosen by who reads it', () => {
  const stream = { dev: 8, ino: 42 }
  assert.equal(chooseLogOutput({ JOURNAL_STREAM: '8:42' }, false, stream), 'journald')
  assert.equal(chooseLogOutput({ JOURNAL_STREAM: '8:43' }, false, stream), 'json')
  assert.equal(chooseLogOutput({}, false, stream), 'json')
  assert.equal(chooseLogOutput({ JOURNAL_STREAM: '8:42' }, true, stream), 'terminal')
})

const moduleUrl = new URL('../../src/logging/logger.ts', import.meta.url).href

function runWithStderr(fd: number, program: string): number | null {
  const code = `import { chooseLogOutput, createLogger } from '${moduleUrl}'; ${program}`
  const argv = ['--import', 'tsx', '--input-type=module', '-e', code]
  return spawnSync(process.execPath, argv, { stdio: ['ignore', 'ignore', fd] }).status
}

test('lines are on standard error before the call returns, and journald is known by its stream', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'log')
  const fd = openSync(path, 'w')
  const { dev, ino } = fstatSync(fd)
  runWithStderr(
    fd,
    `const output = chooseLogOutput({ JOURNAL_STREAM: '${dev}:${ino}' }, false)
    createLogger({ level: 'info', output }).error('ended')
    process.kill(process.pid, 'SIGKILL')`,
  )
  closeSync(fd)
  assert.equal(readFileSync(path, 'utf8'), '<3>ended\n')
})

test('a log that nobody can take does not end the process', () => {
  const fd = openSync('/dev/full', 'w')
  const status = runWithStderr(fd, `createLogger({ level: 'info', output: 'json' }).info('a')`)
  closeSync(fd)
  assert.equal(status, 0)
})
