/** An outbox on its whole way: the real sendmail, the daemon with all of its processes, and a strict provider. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestContext } from 'node:test'
import { runClient, type RunningDaemon, startDaemon } from './daemon.ts'
import { startGmailApi } from './gmail-api.ts'
import { startGraphApi } from './graph-api.ts'
import type { SendingServer } from './sending-server.ts'
import { accountToml, createWorld, signIn, type World } from './world.ts'
import { childPidsBy } from './child-pids.ts'

/** Whom mail to `root` goes to. */
export const me = 'me@example.org'
/** What `send` hands over, unless a test says. */
const notice = 'Subject: backup\n\nAll is well.\n.\ntwo lines\n'

/** A daemon with an account that only an outbox uses, signed in. */
export interface Stage {
  world: World
  /** The one that runs now. */
  daemon: RunningDaemon
  spool: string
  /** Hands a message over as a program does; the client's exit status. */
  send: (options?: { env?: NodeJS.ProcessEnv; message?: string }) => Promise<number | null>
}

/** The same, where the provider sends by an API. */
export interface ApiStage extends Stage {
  api: SendingServer
}

/** Starts the daemon; `way` are the lines of the [[outbox]] that say how it sends. */
export async function startStage(
  t: TestContext,
  shape: 'office365' | 'gmail' | 'oidc',
  world: World,
  way: string,
  more = '',
): Promise<Stage> {
  let running: Stage | undefined
  t.after(async () => {
    // A daemon that runs on writes into a home that is being removed.
    await running?.daemon.stop()
    await world.close()
  })
  const outbox = `[[outbox]]\naccount = "${world.user}"\n${way}\naliases = { root = "${me}" }\n`
  await world.home.configure(`${accountToml(world, shape)}${outbox}${more}`)
  const stage: Stage = {
    world,
    daemon: await startDaemon(world.home),
    spool: join(world.home.stateDirectory, 'outbox', 'outbox'),
    send: async ({ env = {}, message = notice } = {}) => {
      const home = { ...world.home, env: { ...world.home.env, ...env } }
      const { status, stdout, stderr } = await runClient(home, ['sendmail', 'root'], message)
      assert.equal(stdout + stderr, '')
      return status
    },
  }
  running = stage
  assert.equal((await signIn(world, stage.daemon)).event, 'completed')
  return stage
}

/** Starts the API too, at which the tokens of the provider hold. */
export async function startApiStage(
  t: TestContext,
  via: 'graph' | 'gmail-api',
  more: (world: World) => string = () => '',
  lines = '',
): Promise<ApiStage> {
  const world = await createWorld()
  const begin = via === 'graph' ? startGraphApi : startGmailApi
  const { provider } = world
  const api = await begin({
    certificates: provider.certificates,
    introspect: (token) => provider.findToken(token),
  })
  t.after(() => api.close())
  const shape = via === 'graph' ? 'office365' : 'gmail'
  const way = `api = "${api.origin}"\n${lines}`
  return Object.assign(await startStage(t, shape, world, way, more(world)), { api })
}

/** What waits in a spool. */
export function waitingIn(spool: string): string[] {
  return readdirSync(join(spool, 'new'))
}

/** Resolves when nothing waits in it. */
export async function emptied(spool: string): Promise<void> {
  const isEmpty = (folder: string) => readdirSync(join(spool, folder)).length === 0
  // While a digest is made of it, what waits is in `taken`, and then in `new` again.
  while (!['new', 'taken', 'new'].every(isEmpty)) await delay(20)
}

/** The process of a daemon's child, by its title; undefined while none runs. */
export function findChild(title: string, { process: { pid } }: RunningDaemon): number | undefined {
  return childPidsBy(pid ?? 0, title)[0]
}
