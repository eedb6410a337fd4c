import { randomUUID } from 'node:crypto'
import { runProgram } from './daemon.ts'
import { installedProgram } from './installed-program.ts'

/** A program in a terminal, as a person sees it. */
export interface Terminal {
  /** Types text; a name like `Enter` or `C-c` is that key. */
  type(...keys: string[]): Promise<void>
  /** The screen, as soon as it fits, without empty lines at its end. */
  screen(fits: RegExp): Promise<string>
  close(): Promise<void>
}

/** Starts a shell command in a terminal of 40 lines, which stays when the command has ended. */
export async function openTerminal(
  command: string,
  env: NodeJS.ProcessEnv,
  columns = 100,
): Promise<Terminal> {
  const program = installedProgram('tmux', 'tmux')
  const server = `cms-oauth-${randomUUID()}`
  const tmux = (...args: string[]) =>
    runProgram(program, ['-L', server, '-f', '/dev/null', ...args], { ...env, TERM: 'xterm' })
  const size = ['-x', String(columns), '-y', '40']
  await tmux('new-session', '-d', ...size, `${command}; echo "[$?]"; exec cat`)
  const capture = async () => (await tmux('capture-pane', '-p')).stdout.trimEnd()
  return {
    type: async (...keys) => {
      await tmux('send-keys', ...keys)
    },
    screen: async (fits) => {
      for (;;) {
        const shown = await capture()
        if (fits.test(shown)) return shown
      }
    },
    close: async () => {
      await tmux('kill-server')
    },
  }
}
