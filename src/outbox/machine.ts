import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { runningMs } from '../schedule/clock.ts'
import { parseAliasFile } from './submission/alias-file.ts'
import type { Machine } from './submission/submission.ts'

/** Files that an administrator may have changed are read again after so long. */
const lifetimeMs = 10_000

let known: { machine: Machine; readAt: number } | undefined

/** What this machine is called, and its aliases; files that are not there say nothing. */
export function readMachine(): Machine {
  const now = runningMs()
  if (known === undefined || now - known.readAt > lifetimeMs) {
    known = { machine: read(), readAt: now }
  }
  return known.machine
}

function read(): Machine {
  const host = hostname()
  const mailName = textOf('/etc/mailname').trim()
  const names = [...namesInHosts(textOf('/etc/hosts'), host), mailName]
  return {
    host,
    names: names.filter((name) => name !== ''),
    aliases: parseAliasFile(textOf('/etc/aliases')),
  }
}

/** The other names on the line of this host (hosts(5)). */
function namesInHosts(text: string, host: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
  return lines.filter((names) => names.includes(host)).flat()
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
