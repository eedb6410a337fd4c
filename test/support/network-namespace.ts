import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'

/** Another machine, as far as the network goes: a namespace at the other end of a cable to this one. */
export interface OtherMachine {
  /** This machine, as the other one reaches it. */
  here: string
  /** Two addresses of the other machine. */
  there: readonly [string, string]
  /** Runs a program there; its standard output. */
  run(program: string, ...words: string[]): Promise<string>
  remove(): void
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: 'pipe' })
}

/** Makes one; only root can. */
export function createOtherMachine(net = 193): OtherMachine {
  const id = `co${process.pid}`
  const [here, ...there] = [1, 2, 3].map((host) => `192.168.${net}.${host}`)
  ip('netns', 'add', id)
  const remove = () => ip('netns', 'delete', id)
  try {
    ip('link', 'add', `${id}a`, 'type', 'veth', 'peer', 'name', `${id}b`, 'netns', id)
    ip('address', 'add', `${here}/24`, 'dev', `${id}a`)
    ip('link', 'set', `${id}a`, 'up')
    for (const address of there) ip('-n', id, 'address', 'add', `${address}/24`, 'dev', `${id}b`)
    for (const device of ['lo', `${id}b`]) ip('-n', id, 'link', 'set', device, 'up')
  } catch (error) {
    remove()
    throw error
  }
  return {
    here: here ?? '',
    there: [there[0] ?? '', there[1] ?? ''],
    run: async (...words) => {
      const { stdout } = await promisify(execFile)('ip', ['netns', 'exec', id, ...words])
      return stdout
    },
    remove,
  }
}
