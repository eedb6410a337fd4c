import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import { fileRules } from '../files/file-rules.ts'

/** How secret-tool is run. */
interface SecretToolRun {
  env: NodeJS.ProcessEnv
  /** What it reads from its standard input. */
  input?: string
  /** It is killed then, with whatever it has started. */
  limit: AbortSignal
}

/** What it printed, or why it refused; neither holds a secret but `output`. */
type Outcome = { output: string } | { refusal: string }

/** All that leads to the session's keyring. Without a display no other session is begun for it. */
const passedVariables = ['PATH', 'HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS']
const outputLimit = fileRules.secret.mostBytes
const reasonLimit = 200

/**
 * Runs secret-tool(1), the keyring's program of libsecret.
 * @throws StoreUnreadableError where it is not installed, StoreLockedError at the limit
 */
export function runSecretTool(args: readonly string[], run: SecretToolRun): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // It leads a process group, which can be killed as a whole.
    const child = spawn('secret-tool', args, { env: environmentOf(run.env), detached: true })
    const output = collect(child.stdout)
    const complaint = collect(child.stderr)
    const giveUp = () => {
      killGroup(child)
      reject(tooLate())
    }
    run.limit.addEventListener('abort', giveUp)
    child.once('error', (error) => reject(notStarted(error)))
    child.once('close', (status, signal) => {
      run.limit.removeEventListener('abort', giveUp)
      resolve(
        status === 0
          ? { output: output() }
          : { refusal: reasonOf(complaint()) ?? `secret-tool exited with ${signal ?? status}` },
      )
    })
    child.stdin.on('error', () => {})
    child.stdin.end(run.input)
  })
}

function environmentOf(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const passed = passedVariables.filter((name) => env[name] !== undefined)
  // Not "C": there its arguments must be ASCII.
  return { ...Object.fromEntries(passed.map((name) => [name, env[name]])), LC_ALL: 'C.UTF-8' }
}

function collect(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(0, outputLimit)
  })
  return () => text
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has just ended.
  }
}

function reasonOf(complaint: string): string | undefined {
  const reason = /^secret-tool: (.+)$/m.exec(complaint)?.[1]
  return reason?.replace(/[^\x20-\x7e]+/g, '"').slice(0, reasonLimit)
}

function notStarted({ code }: NodeJS.ErrnoException): StoreUnreadableError {
  return new StoreUnreadableError(
    `the keyring's program "secret-tool" cannot be run: ${withErrnoWords(code)}`,
    {
      hint: 'install it: Debian has it in the package libsecret-tools, others in libsecret',
    },
  )
}

function tooLate(): StoreLockedError {
  return new StoreLockedError('the keyring did not answer in time', {
    hint: 'unlock it, or answer its question on the desktop',
    actor: 'you',
  })
}
