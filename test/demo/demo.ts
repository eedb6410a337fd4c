/**
 * The main job from end to end, without an account and without the internet: a real authorization
 * server and a strict mail server on loopback, the real programs in between, a sign-in through the
 * real page. `--once` ends after the proof.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { runClient, startDaemon } from '../support/daemon.ts'
import { accountToml, createWorld, signIn, type World } from '../support/world.ts'
import { shownEvent } from './show-events.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin')
const client = join(bin, 'cms-oauth.js')

const say = (text: string) => process.stdout.write(`${text}\n`)

function step(number: number, text: string): void {
  say(`\n${number}. ${text}`)
}

async function prove(world: World): Promise<void> {
  step(4, `A mail program asks the token socket: SMTP ${world.user}`)
  const answer = await askSocket(world.home.tokenSocket, `SMTP ${world.user}\n`, 10_000)
  if (answer.length === 0) throw new Error('the token socket refused')
  say(`   ${answer.length} bytes of base64: ${answer.toString('utf8').slice(0, 12)}...`)
  const server = `localhost:${world.mail.port}`
  step(5, `cms-oauth --user=${world.user} --test-smtp=${server}`)
  const { stdout, stderr, status } = await runClient(world.home, [
    `--user=${world.user}`,
    `--test-smtp=${server}`,
  ])
  if (status !== 0) throw new Error(stderr)
  say(stdout.trimEnd())
}

function invite({ home, user, mail }: World): void {
  const settings = `XDG_RUNTIME_DIR=${home.env['XDG_RUNTIME_DIR']} NODE_EXTRA_CA_CERTS=${home.env['NODE_EXTRA_CA_CERTS']}`
  say(`
It stays up until Ctrl-C; tokens live 60 s here. In another terminal:

  export ${settings}
  ${client} status
  ${client} --user=${user} --output=json
  ${client} --user=nobody@example.com          # a refusal
  ${client} login ${user}                # signs in again, in your browser
  ${client} --user=${user} --test-smtp=localhost:${mail.port}
  printf 'SMTP,token ${user}' | nc -UN ${home.tokenSocket}

Each request, refusal, refresh and sign-in:
`)
}

/** The daemon's program, which does not outlive this one, even where it is killed. */
function mortalDaemon(directory: string): string {
  const path = join(directory, 'cms-oauthd')
  const daemon = join(bin, 'cms-oauthd.js')
  const script = `#!/bin/sh
command -v setpriv > /dev/null && exec setpriv --pdeathsig TERM '${daemon}'
exec '${daemon}'
`
  writeFileSync(path, script, { mode: 0o755 })
  return path
}

/** What is to be closed, the newest last; what is still starting is closed when it has started. */
type Parts = Promise<() => Promise<unknown>>[]

async function play(parts: Parts): Promise<void> {
  step(1, 'A real authorization server and a strict mail server start on loopback')
  const building = createWorld()
  parts.push(building.then((world) => () => world.close()))
  const world = await building
  world.user = 'demo@example.com'
  say(`   ${world.provider.url} and localhost:${world.mail.port}`)
  step(2, 'cms-oauthd starts with a generated configuration')
  await world.home.configure(accountToml(world))
  world.home.daemonProgram = mortalDaemon(world.home.directory)
  const starting = startDaemon(world.home)
  parts.push(starting.then((daemon) => () => daemon.stop()))
  const daemon = await starting
  process.send?.({ daemonPid: daemon.process.pid })
  step(3, `${world.user} signs in through the page (no hand needed here)`)
  const last = await signIn(world, daemon)
  if (last.event !== 'completed') throw new Error(JSON.stringify(last))
  say('   signed in')
  await prove(world)
  if (process.argv.includes('--once')) return
  invite(world)
  let count = daemon.log.length
  daemon.process.stderr?.on('data', () => {
    for (const line of daemon.log.slice(count)) {
      const shown = shownEvent(line)
      if (shown !== undefined) say(shown)
    }
    count = daemon.log.length
  })
  // Until a signal, or until somebody else ends the daemon.
  await once(daemon.process, 'exit')
}

async function main(): Promise<void> {
  // All that the parts make is below it.
  const folder = mkdtempSync(join(tmpdir(), 'cms-oauth-demo-'))
  // start.mjs clears it away where this process is killed.
  process.send?.({ folder })
  process.env['TMPDIR'] = folder
  const parts: Parts = []
  let ending: Promise<void> | undefined
  const end = (status: number) => {
    ending ??= close(parts).finally(() => {
      rmSync(folder, { recursive: true, force: true })
      process.exit(status)
    })
    return ending
  }
  // Ctrl-C comes from the terminal and from start.mjs; a terminal that is closed sends SIGHUP.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void end(0))
  }
  // start.mjs was killed.
  process.on('disconnect', () => void end(0))
  try {
    await play(parts)
    await end(0)
  } catch (error) {
    // What a signal interrupted is not a failure.
    if (ending === undefined) {
      process.stderr.write(`the demo failed: ${(error as Error).message}\n`)
    }
    await end(1)
  }
}

async function close(parts: Parts): Promise<void> {
  for (const part of parts.toReversed()) {
    await part.then((stop) => stop()).catch(() => {})
  }
}

void main()
