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

/** Starts a shell command in a terminal of 100 columns and 40 lines, which stays when it has ended. */
export async function openTerminal(command: string, env: NodeJS.ProcessEnv): Promise<Terminal> {
  const program = installedProgram('tmux', 'tmux')
  const server = `cms-oauth-${randomUUID()}`
  const tmux = (...args: string[]) =>
    runProgram(program, ['-L', server, '-f', '/dev/null', ...args], { ...env, TERM: 'xterm' })
  await tmux('new-session', '-d', '-x', '100', '-y', '40', `${command}; echo "[$?]"; exec cat`)
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
