import { fstatSync } from 'node:fs'
import { pino } from 'pino'
import type { ProviderAnswer } from '../errors.ts'
import { isoTime } from '../schedule/iso-time.ts'
import { LineSink } from './line-sink.ts'
import type { BatchLog, LogFields, LogLevel } from './log.ts'
import { printableJson } from './printable-json.ts'

/** How a line looks: JSON for machines, with syslog priorities for journald, or for a person. */
export type LogOutput = 'json' | 'journald' | 'terminal'

interface LoggerOptions {
  level: LogLevel
  output: LogOutput
  /** As fs.writeSync of standard error, unless a test says otherwise. */
  write?: (lines: Uint8Array) => number
  /** On a terminal; true unless NO_COLOR is set (no-color.org). */
  isColoured?: boolean
}

/** A log whose level can change while it is in use. */
export interface Logger extends BatchLog {
  /** How many lines were lost since the start. */
  readonly lostLines: number
  setLevel(level: LogLevel): void
}

const fieldNames = Object.keys({
  user: true,
  provider: true,
  protocol: true,
  state: true,
  code: true,
  message: true,
  hint: true,
  actor: true,
  answer: true,
  fingerprint: true,
  uid: true,
  gid: true,
  pid: true,
  program: true,
  executable: true,
  unit: true,
  startedAt: true,
  path: true,
  address: true,
  caller: true,
  job: true,
  number: true,
  host: true,
  mechanism: true,
  server: true,
  bytesUp: true,
  bytesDown: true,
  expiresAt: true,
  durationMs: true,
  delayMs: true,
  count: true,
  signal: true,
  version: true,
  reason: true,
  stack: true,
} satisfies Record<keyof LogFields, true>)

const answerNames = Object.keys({
  status: true,
  error: true,
  description: true,
  aadsts: true,
  correlationId: true,
  traceId: true,
  timestamp: true,
} satisfies Record<keyof ProviderAnswer, true>)

/** sd-daemon(3) priority and ANSI colour of each level. */
const looks: Record<LogLevel, { priority: string; colour: number }> = {
  debug: { priority: '<7>', colour: 90 },
  info: { priority: '<6>', colour: 32 },
  warn: { priority: '<4>', colour: 33 },
  error: { priority: '<3>', colour: 31 },
}

/**
 * JSON, unless standard error is a terminal, or journald, which reads a priority from the start of
 * each line. $JOURNAL_STREAM names journald's stream by device and inode (systemd.exec(5)): a
 * program whose standard error was sent elsewhere inherits the variable all the same.
 */
export function chooseLogOutput(
  env: NodeJS.ProcessEnv,
  isTerminal: boolean,
  stream: { dev: number; ino: number } = fstatSync(2),
): LogOutput {
  if (isTerminal) return 'terminal'
  return env['JOURNAL_STREAM'] === `${stream.dev}:${stream.ino}` ? 'journald' : 'json'
}

/** A log that writes each line immediately, and only the fields of LogFields; `audit.lost` says how many it could not. */
export function createLogger({
  level,
  output,
  isColoured = (process.env['NO_COLOR'] ?? '') === '',
  write,
}: LoggerOptions): Logger {
  const sink = new LineSink({
    lostLine: (count) => render(lostLine(count), output, isColoured),
    ...(write === undefined ? {} : { writeSome: write }),
  })
  let held: string[] | undefined
  const logger = createPino(level, (line) => {
    const text = render(line, output, isColoured)
    if (held === undefined) sink.write(text)
    else held.push(text)
  })
  const at =
    (name: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (logger.isLevelEnabled(name)) logger[name](allowed(fields), event)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    together(log) {
      const lines: string[] = (held = [])
      let isTaken = false
      try {
        log()
      } finally {
        held = undefined
        isTaken = sink.write(lines.join(''))
      }
      return isTaken
    },
    get lostLines() {
      return sink.lostLines
    },
    setLevel(next) {
      logger.level = next
    },
  }
}

function createPino(level: LogLevel, write: (line: string) => void) {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${isoTime()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    { write },
  )
}

function lostLine(count: number): string {
  return `${JSON.stringify({ level: 'error', time: isoTime(), event: 'audit.lost', count })}\n`
}

function allowed(fields: LogFields): Record<string, unknown> {
  const { answer, ...scalars } = fields
  const picked: Record<string, unknown> = pick(scalars, fieldNames)
  if (answer !== undefined) picked['answer'] = pick(answer, answerNames)
  return picked
}

/** Values of other types are printed as text: a Secret as `[secret]`. */
function pick(values: object, names: readonly string[]): Record<string, string | number> {
  const entries = Object.entries(values) as [string, unknown][]
  return Object.fromEntries(
    entries
      .filter(([name, value]) => names.includes(name) && value !== undefined)
      .map(([name, value]) => [name, typeof value === 'number' ? value : String(value)]),
  )
}

function render(line: string, output: LogOutput, isColoured: boolean): string {
  if (output === 'json') return printableJson(line)
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, string> & {
    level: LogLevel
  }
  const { priority, colour } = looks[level]
  const words = Object.entries(fields).map(
    ([name, value]) => `${name}=${printableJson(JSON.stringify(value))}`,
  )
  const text = [event, ...words].join(' ')
  if (output === 'journald') return `${priority}${text}\n`
  const label = level.padEnd(5)
  const shown = isColoured ? `\u001b[${colour}m${label}\u001b[0m` : label
  return `${time?.slice(11, 19)} ${shown} ${text}\n`
}
