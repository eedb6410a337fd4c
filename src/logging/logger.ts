import { writeSync } from 'node:fs'
import { pino } from 'pino'
import type { Log, LogFields } from './log.ts'

/** From the most talkative on. */
type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** How a line looks: JSON for machines, with syslog priorities for journald, or for a person. */
export type LogOutput = 'json' | 'journald' | 'terminal'

interface LoggerOptions {
  level: LogLevel
  output: LogOutput
  /** Where lines go; standard error unless a test says otherwise. */
  write?: (line: string) => void
}

const fieldNames: (keyof LogFields)[] = [
  'user',
  'provider',
  'protocol',
  'state',
  'code',
  'message',
  'hint',
  'answer',
  'fingerprint',
  'uid',
  'gid',
  'pid',
  'program',
  'path',
  'expiresAt',
  'durationMs',
  'delayMs',
  'count',
  'signal',
  'version',
  'reason',
]

/** sd-daemon(3) priorities of pino's levels. */
const priorities: Record<string, string> = {
  debug: '<7>',
  info: '<6>',
  warn: '<4>',
  error: '<3>',
}

/** JSON unless a person looks on; journald reads a priority from the start of each line. */
export function chooseLogOutput(env: NodeJS.ProcessEnv, isTerminal: boolean): LogOutput {
  if (isTerminal) return 'terminal'
  return env['JOURNAL_STREAM'] === undefined ? 'json' : 'journald'
}

/** A log that writes each line at once and lets out no field but those of LogFields. */
export function createLogger({ level, output, write = writeToStderr }: LoggerOptions): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'event',
    },
    { write: (line: string) => write(render(line, output)) },
  )
  const at =
    (name: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      logger[name](allowed(fields), event)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function allowed(fields: LogFields): LogFields {
  return Object.fromEntries(
    fieldNames.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]),
  )
}

function render(line: string, output: LogOutput): string {
  if (output === 'json') return line
  const { time, level, event, ...fields } = JSON.parse(line) as Record<string, string>
  const words = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  const text = [event, ...words].join(' ')
  if (output === 'journald') return `${priorities[level ?? 'info']}${text}\n`
  return `${time?.slice(11, 19)} ${level?.padEnd(5)} ${text}\n`
}

function writeToStderr(line: string): void {
  try {
    writeSync(2, line)
  } catch {
    // A log that nobody takes any more must not end the service.
  }
}
