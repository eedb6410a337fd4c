import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type Result, type RunningDaemon, runProgram } from './daemon.ts'
import { type Dovecot, dovecotProgram, startDovecot } from './dovecot.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

const root = join(import.meta.dirname, '..', '..')

/** What `cms-oauth` on the PATH of a mail program gives it instead of the right token. */
export const wrongs = ['a wrong token', 'the wrong format'] as const
export type Given = 'the right token' | 'no token' | 'no daemon' | (typeof wrongs)[number]

/** A mail program's whole world: provider, daemon, Dovecot, and a home with `cms-oauth` on the PATH. */
export interface MailClientWorld extends World {
  daemon: RunningDaemon
  dovecot: Dovecot
  /** Runs a program in the home. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<JudgedResult>
}

/** What a program did, and what Dovecot says to it. */
export interface JudgedResult extends Result {
  /** The line of Dovecot's log, since the program started, that fits. @throws where none comes in 10 s */
  judged: (pattern: RegExp) => Promise<string>
}

interface RunOptions {
  given?: Given
  input?: string
  env?: NodeJS.ProcessEnv
}

/** As long as Microsoft's, and as Google's. */
export const longToken = 1_800
export const shortToken = 220

/**
 * The world of a test file's tests, closed after the last of them: signed in, with tokens of this
 * length, and a message "hello" in the mailbox that says "fetched".
 */
export async function provideMailClientWorld(accessTokenLength: number): Promise<MailClientWorld> {
  const world = await createMailClientWorld(accessTokenLength)
  after(() => world.close())
  const { dovecot, user } = world
  await dovecot.deliver(user, `From: friend@example.org\nTo: ${user}\nSubject: hello\n\nfetched\n`)
  return world
}

async function createMailClientWorld(accessTokenLength: number): Promise<MailClientWorld> {
  dovecotProgram()
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength })
  try {
    return await furnish(world)
  } catch (error) {
    // What still listens would keep the test's process from ending.
    await world.close()
    throw error
  }
}

async function furnish(world: World): Promise<MailClientWorld> {
  const { home } = world
  await installClients(home.directory)
  const dovecot = await startDovecot(world.provider)
  const socket = '[[socket]]\nprotocols = ["SMTP", "IMAP", "POP"]\n'
  const daemon = await startSignedIn(world, `${accountToml(world)}\n${socket}`).catch(
    async (error: unknown) => {
      await dovecot.close()
      throw error
    },
  )
  return {
    ...world,
    daemon,
    dovecot,
    run: async (program, args, { given = 'the right token', input = '', env } = {}) => {
      const { length } = await dovecot.log()
      const path = `${join(home.directory, given)}:${home.env['PATH']}`
      const result = await runProgram(program, args, { ...home.env, PATH: path, ...env }, input)
      return { ...result, judged: (pattern) => readVerdict(dovecot, length, pattern) }
    },
    close: async () => {
      await dovecot.close()
      await daemon.stop()
      await world.close()
    },
  }
}

/** Dovecot's parts write their log through a process of its own: a line may come after its deed. */
async function readVerdict(dovecot: Dovecot, start: number, pattern: RegExp): Promise<string> {
  const giveUpAt = Date.now() + 10_000
  for (;;) {
    const lines = (await dovecot.log()).slice(start)
    const found = lines.split('\n').find((line) => pattern.test(line))
    if (found !== undefined) return found
    if (Date.now() > giveUpAt) throw new Error(`Dovecot does not say ${pattern}: ${lines}`)
    await setTimeout(20)
  }
}

/** The program failed because Dovecot refused its token. */
export async function assertRefused({ status, judged }: JudgedResult): Promise<void> {
  assert.notEqual(status, 0)
  await judged(/oauth2 failed: Introspection failed: Provided token is not valid/)
}

async function installClients(directory: string): Promise<void> {
  const client = join(root, 'bin', 'cms-oauth.js')
  await mkdir(join(directory, 'the right token'))
  await symlink(client, join(directory, 'the right token', 'cms-oauth'))
  const scripts = {
    'a wrong token': 'printf wrong',
    'no daemon': `exec ${client} "$@" --cms_sock=/nonexistent/cms.sock`,
    'no token': `exec ${client} "$@" --user=nobody@example.com`,
    'the wrong format': `exec ${client} "$@" --output=xoauth2-b64`,
  }
  for (const [given, script] of Object.entries(scripts)) {
    await mkdir(join(directory, given))
    const file = join(directory, given, 'cms-oauth')
    await writeFile(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
}

/**
 * An example file with its placeholders filled in as a person would; each of them must be there.
 * The path is below examples/.
 */
export async function fillExample(
  path: string,
  replacements: Record<string, string>,
): Promise<string> {
  let text = await readFile(join(root, 'examples', path), 'utf8')
  for (const [placeholder, value] of Object.entries(replacements)) {
    assert.ok(text.includes(placeholder), `${path} has no "${placeholder}"`)
    text = text.replaceAll(placeholder, value)
  }
  return text
}
