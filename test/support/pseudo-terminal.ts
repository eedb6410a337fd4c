import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { installedProgram } from './installed-program.ts'

/** A program that runs on a terminal. */
export interface PseudoTerminal {
  /** Resolves with all that was shown when it holds the text, or fits. */
  shown(text: string | RegExp): Promise<string>
  /** Types a line. */
  type(line: string): void
  /** Closes the terminal, as a connection that drops does. */
  hangUp(): void
  /** Its exit status, and all that was shown, with plain line ends. */
  ended: Promise<{ status: number | null; screen: string }>
}

/** Runs a command of the shell on a terminal of its own, by script(1); a wide one breaks no line. */
export function runOnTerminal(
  command: string,
  env: NodeJS.ProcessEnv,
  columns = 200,
): PseudoTerminal {
  const script = installedProgram('script', 'bsdutils')
  const child = spawn(script, ['-qfec', `stty cols ${columns}; ${command}`, '/dev/null'], {
    env: { ...env, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  const looks = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text.replaceAll('\r\n', '\n')
    for (const look of looks) look()
  })
  child.stdin.on('error', () => {})
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([status]) => {
    return { status, screen }
  })
  return {
    shown: (wanted) => {
      const seen = new Promise<string>((resolve) => {
        const look = () => {
          if (typeof wanted === 'string' ? screen.includes(wanted) : wanted.test(screen)) {
            resolve(screen)
          }
        }
        looks.add(look)
        look()
      })
      const never = ended.then((): never => {
        throw new Error(`it ended without ${String(wanted)}: ${screen}`)
      })
      return Promise.race([seen, never])
    },
    type: (line) => child.stdin.write(`${line}\r`),
    hangUp: () => child.kill('SIGKILL'),
    ended,
  }
}
