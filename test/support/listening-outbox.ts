import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runClient, type RunningDaemon } from './daemon.ts'
import { startGmailApi } from './gmail-api.ts'
import { startGraphApi } from './graph-api.ts'
import type { SendingServer, SentMessage } from './sending-server.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

/** The real daemon with an outbox that listens, its password, and the API that it sends by. */
export interface ListeningOutbox {
  world: World
  daemon: RunningDaemon
  api: SendingServer
  password: string
  /** The messages after so many, once as many more have come; there are no others in the spool then. */
  sentAfter(before: number, count?: number): Promise<SentMessage[]>
  close(): Promise<void>
}

/** Starts all of it; `keys` are those of the [[outbox]], one each line. */
export async function startListeningOutbox(
  via: 'gmail-api' | 'graph',
  keys: readonly string[],
): Promise<ListeningOutbox> {
  const world = await createWorld()
  const { provider, home, user } = world
  const api = await (via === 'graph' ? startGraphApi : startGmailApi)({
    certificates: provider.certificates,
    introspect: (token) => provider.findToken(token),
  })
  const lines = ['[[outbox]]', `account = "${user}"`, `api = "${api.origin}"`, ...keys, '']
  const account = accountToml(world, via === 'graph' ? 'office365' : 'gmail')
  const daemon = await startSignedIn(world, `${account}${lines.join('\n')}`)
  const { stdout, stderr } = await runClient(home, ['bridge', 'add-password', 'program'])
  assert.match(stdout, /^[a-z2-7]{24}\n$/, stderr)
  return {
    world,
    daemon,
    api,
    password: stdout.trim(),
    sentAfter: async (before, count = 1) => {
      await api.taken(before + count)
      const waiting = join(home.stateDirectory, 'outbox', 'outbox', 'new')
      while (readdirSync(waiting).length > 0) await delay(20)
      return api.sent.slice(before)
    },
    close: async () => {
      await daemon.stop()
      await api.close()
      await world.close()
    },
  }
}
