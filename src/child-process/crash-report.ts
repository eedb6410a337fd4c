import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import type { CrashReport } from '../messages/child-signals.ts'

const mostFrames = 12
const framePattern = /^\s+at (?:[^()]*\()?(?:file:\/\/)?([^\s()]+):(\d+):\d+\)?$/
const codePattern = /^(?:ERR_[A-Z0-9_]{1,60}|E[A-Z0-9]{1,20})$/
const namePattern = /^[A-Za-z_$][\w$]{0,60}$/

/** The report of anything that was thrown. */
export function crashReportOf(thrown: unknown): CrashReport {
  if (!(thrown instanceof Error)) return { kind: typeof thrown, frames: [] }
  const { name } = thrown.constructor
  const { code } = thrown as NodeJS.ErrnoException
  const isCode = typeof code === 'string' && codePattern.test(code)
  return {
    kind: namePattern.test(name) ? name : 'Error',
    frames: framesOf(thrown),
    ...(isCode ? { code } : {}),
  }
}

/** The message may have lines that look like frames: what does not name a file of this machine is not one. */
function framesOf({ stack = '', message }: Error): string[] {
  if (typeof stack !== 'string') return []
  const start = stack.indexOf(message)
  const trace = start === -1 ? stack : stack.slice(start + message.length)
  return trace.split('\n', 64).flatMap(frameIn).slice(0, mostFrames)
}

function frameIn(line: string): string[] {
  if (line.length > 1_000) return []
  const [, file = '', lineNumber] = framePattern.exec(line) ?? []
  if (file.startsWith('node:')) return isNodesOwn(file) ? [`${file}:${lineNumber}`] : []
  return file.startsWith('/') && existsSync(file) ? [`${basename(file)}:${lineNumber}`] : []
}

function isNodesOwn(file: string): boolean {
  const { isBuiltin } = process.getBuiltinModule('node:module')
  return isBuiltin(file) || /^node:internal\/[a-z_/]{1,60}$/.test(file)
}
