import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findGroupId } from '../../src/kernel/user-database.ts'
import { type Result, runProgram } from './daemon.ts'

const attempts = 3_000

/**
 * A Debian package that cannot be installed beside exim, as it is when it is installed: in namespaces
 * of its own (mounts, pids, host name) its files lie over those of the system. Needs root.
 */
export interface UnpackedPackage {
  /** Puts a file where the program looks for it, for root and this group (default: root) to read. */
  write(path: string, text: string, options?: FileOptions): Promise<void>
  /** Where a path of the program is seen from outside. */
  pathOf(path: string): string
  /** Runs a program in there to its end. */
  run(program: string, args: readonly string[], input?: string): Promise<Result>
  /** Resolves with what the programs said to syslog once this is in it, after `start` characters. */
  logged(words: RegExp, start?: number): Promise<string>
  /** All that the programs said to syslog. */
  log(): string
  /** Ends all that runs in there. */
  close(): Promise<void>
}

interface FileOptions {
  mode?: number
  group?: string
}

/** Lays it over the system. @throws with what to do where .ci/run has not unpacked it */
export async function openPackage(name: string): Promise<UnpackedPackage> {
  if (!existsSync(join('/opt', name))) {
    throw new Error(`Debian's ${name} is missing in /opt/${name}: see the list in .ci/run`)
  }
  const scratch = await mkdtemp(join(tmpdir(), `${name}-`))
  const script = join(import.meta.dirname, 'lay-over.sh')
  const namespaces = ['--mount', '--pid', '--uts', '--fork', '--mount-proc', '--kill-child']
  const holder = spawn('unshare', [...namespaces, 'sh', script, name, scratch], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const isReady = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'exit').then(() => false),
  ])
  if (!isReady) throw new Error(`${name} cannot be laid over the system (root is needed)`)
  return opened(holder, scratch)
}

function opened(holder: ChildProcess, scratch: string): UnpackedPackage {
  const ended = once(holder, 'exit')
  const first = readFileSync(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8').trim()
  const pathOf = (path: string) => join('/proc', first, 'root', path)
  const log = () => readFileSync(pathOf('/var/log/programs'), 'utf8')
  return {
    pathOf,
    log,
    write: async (path, text, { mode = 0o640, group } = {}) => {
      await mkdir(dirname(pathOf(path)), { recursive: true })
      await writeFile(pathOf(path), text)
      await chmod(pathOf(path), mode)
      await chown(pathOf(path), 0, group === undefined ? 0 : (findGroupId(group) ?? 0))
    },
    run: (program, args, input) => {
      const into = ['--target', first, '--mount', '--pid', '--uts', '--', program]
      return runProgram('nsenter', [...into, ...args], { PATH: process.env['PATH'] }, input)
    },
    logged: async (words, start = 0) => {
      for (let attempt = 0; attempt < attempts; attempt++) {
        const text = log().slice(start)
        if (words.test(text)) return text
        await setTimeout(20)
      }
      throw new Error(`${words} is not in the log: ${log().slice(start)}`)
    },
    close: async () => {
      holder.stdin?.end()
      await ended
      await rm(scratch, { recursive: true, force: true })
    },
  }
}
