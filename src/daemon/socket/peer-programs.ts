import { readFileSync, readlinkSync } from 'node:fs'
import { uptime } from 'node:os'
import type { LogFields } from '../../logging/log.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import { unitOf } from './unit-of.ts'

/** Each costs as much as three requests. */
const mostLooks = 100
/** Of /proc/PID/stat: USER_HZ, the same on every architecture that Node runs on. */
const msPerTick = 10
/** proc_pid_stat(5): the fields after the name begin with the third. */
const startField = 22 - 3
let bootedAt: number | undefined

/** The programs of peers by process id, for the audit: where there are too many, what is not known stays away. */
export class PeerPrograms {
  #looks = 0

  /** Of a process that is gone or hidden, and of the next after very many, nothing. */
  of(
    pid: number,
    isThere: () => boolean,
  ): Pick<LogFields, 'program' | 'executable' | 'unit' | 'startedAt'> {
    if (++this.#looks > mostLooks) return {}
    const startedAt = startOf(pid)
    if (startedAt === undefined) return {}
    const program = textOf(pid, 'comm')?.trimEnd()
    const unit = unitOf(textOf(pid, 'cgroup') ?? '')
    const executable = executableOf(pid)
    // The number may have become another's meanwhile, or before.
    if (startOf(pid) !== startedAt || !isThere()) return {}
    return { program, executable, unit, startedAt: isoTime(startedAt) }
  }

  /** To be called every second or so: looks begin to count again. */
  rest(): void {
    this.#looks = 0
  }
}

function textOf(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return undefined
  }
}

/** Epoch ms. The boot is taken to be when it was at first: so a process keeps its start when the clock is set. */
function startOf(pid: number): number | undefined {
  const text = textOf(pid, 'stat')
  if (text === undefined) return undefined
  const ticks = Number(
    text.slice(text.lastIndexOf(') ') + 2).split(' ', startField + 1)[startField],
  )
  bootedAt ??= Date.now() - uptime() * 1_000
  return bootedAt + ticks * msPerTick
}

/** Only root, or the same user, is shown it. */
function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`)
  } catch {
    return undefined
  }
}
