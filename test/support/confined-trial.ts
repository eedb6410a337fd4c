/**
 * Confines itself as its argument says, tries what a program may try, and prints what became of it. Bundled as
 * CommonJS, like the children of the daemon: modules are loaded by Node's thread pool.
 */
import { spawnSync } from 'node:child_process'
import { promises, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import koffi from 'koffi'
import { confine } from '../../src/child-process/confine.ts'
import type { Confinement } from '../../src/messages/confinement.ts'

/** What is tried, and where. */
export interface Trial {
  confinement: Confinement
  inside: string
  outside: string
  /** True: as on a kernel without Landlock, where seccomp(2) answers ENOSYS. */
  hasNoLandlock: boolean
}

function refuseLandlock(): void {
  const libc = koffi.load(null)
  const prctl = libc.func('int prctl(int option, ...)')
  const [loadNumber, jumpIfEqual, answer] = [0x20, 0x15, 0x06]
  const [allow, enosys] = [0x7fff0000, 0x00050000 | 38]
  const steps = [
    [loadNumber, 0, 0, 0],
    [jumpIfEqual, 0, 1, 444],
    [answer, 0, 0, enosys],
    [answer, 0, 0, allow],
  ] as const
  const filter = Buffer.alloc(8 * steps.length)
  for (const [index, [code, yes, no, value]] of steps.entries()) {
    filter.writeUInt16LE(code, 8 * index)
    filter.writeUInt8(yes, 8 * index + 2)
    filter.writeUInt8(no, 8 * index + 3)
    filter.writeUInt32LE(value, 8 * index + 4)
  }
  const Program = koffi.struct({ length: 'uint16_t', filter: 'uint8_t *' })
  const zeros = ['ulong', 0, 'ulong', 0, 'ulong', 0]
  prctl(38, 'ulong', 1, ...zeros)
  const program = { length: steps.length, filter }
  if (prctl(22, 'ulong', 2, koffi.pointer(Program), program, 'ulong', 0, 'ulong', 0) !== 0) {
    throw new Error('no filter')
  }
}

function outcomeOf(act: () => void): string {
  try {
    act()
    return 'done'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

function outcomeInPool(act: Promise<unknown>): Promise<string> {
  return act.then(
    () => 'done',
    (error: NodeJS.ErrnoException) => error.code ?? String(error),
  )
}

function listen(): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer().on('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code ?? ''),
    )
    server.listen(0, '127.0.0.1', () => server.close(() => resolve('done')))
  })
}

async function main({ confinement, inside, outside, hasNoLandlock }: Trial): Promise<void> {
  if (hasNoLandlock) refuseLandlock()
  const isConfined = confine(confinement)
  const tried = {
    isConfined,
    read: outcomeOf(() => readFileSync(`${outside}/file`)),
    readInPool: await outcomeInPool(promises.readFile(`${outside}/file`)),
    write: outcomeOf(() => writeFileSync(`${outside}/file`, '')),
    writeInPool: await outcomeInPool(promises.writeFile(`${outside}/file`, '')),
    readInside: await outcomeInPool(promises.readFile(`${inside}/file`)),
    moveInside: outcomeOf(() => {
      writeFileSync(`${inside}/a/file`, '')
      renameSync(`${inside}/a/file`, `${inside}/b/file`)
    }),
    readSystem: outcomeOf(() => readFileSync('/etc/nsswitch.conf')),
    listen: await listen(),
    run: spawnSync('true').error === undefined ? 'done' : 'EACCES',
    noNewPrivileges: /^NoNewPrivs:\s*(\d)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1],
  }
  process.stdout.write(JSON.stringify(tried))
}

void main(JSON.parse(process.argv[2] ?? '') as Trial)
