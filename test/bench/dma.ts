import { existsSync } from 'node:fs'
import { openPackage } from '../support/unpacked-package.ts'

const messages = 20
const loop = `i=0; while [ $i -lt ${messages} ]; do /usr/sbin/dma me@example.org < /etc/message || exit; i=$((i+1)); done`

/** A dma of Debian that keeps what it is given in its spool. */
export interface Dma {
  /** How many ms it takes for a message, in the mean of several. */
  spoolMs(): Promise<number>
  close(): Promise<void>
}

/** Opens it; undefined where it was not unpacked, or for anybody but root. */
export async function openDma(message: string): Promise<Dma | undefined> {
  if (process.getuid?.() !== 0 || !existsSync('/opt/dma')) return undefined
  const dma = await openPackage('dma')
  // DEFER: nothing is sent before "dma -q".
  await dma.write('/etc/dma/dma.conf', 'DEFER\n', { group: 'mail' })
  await dma.write('/etc/message', message)
  return {
    spoolMs: async () => {
      const begun = performance.now()
      const { status, stderr } = await dma.run('sh', ['-c', loop])
      if (status !== 0) throw new Error(`dma exited with ${status}: ${stderr}`)
      return (performance.now() - begun) / messages
    },
    close: () => dma.close(),
  }
}
