import { ask } from '../daemon/socket/token-socket.ts'
import { bareStartMs } from '../support/bare-start.ts'
import { startDaemon } from '../support/daemon.ts'
import { accountToml, createWorld, startSignedIn } from '../support/world.ts'
import type { Bench } from './row.ts'

/** From a kill -9 of the daemon to the first token of the next one, which a refresh fetches. */
export const daemonStart: Bench = async ({ rounds }) => {
  const world = await createWorld()
  const { home, user } = world
  let daemon = await startSignedIn(world, accountToml(world))
  const ratios: number[] = []
  try {
    for (let round = 0; round < rounds * 4; round++) {
      const bareMs = await bareStartMs(home.env)
      const begun = performance.now()
      await daemon.stop('SIGKILL')
      daemon = await startDaemon(home)
      if ((await ask(home.tokenSocket, `SMTP ${user}`)) === '') throw new Error('no token')
      ratios.push((performance.now() - begun) / bareMs)
    }
  } finally {
    await daemon.stop()
    await world.close()
  }
  return [{ name: 'kill -9 to the next token', ratios, goal: '<= 1.5 and one refresh' }]
}
