import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Result, type RunningDaemon, runProgram } from './daemon.ts'
import { type Dovecot, startDovecot } from './dovecot.ts'
import { installedProgram } from './installed-program.ts'
import { accountToml, createWorld, startSignedIn, type World } from './world.ts'

const root = join(import.meta.dirname, '..', '..')

/** What `cms-oauth` on the PATH of a mail program gives: the negative controls of every example. */
export type Given = 'the right token' | 'a wrong token' | 'the wrong format'

/** A mail program's whole world: provider, daemon, Dovecot, and a home with `cms-oauth` on the PATH. */
export interface MailClientWorld extends World {
  daemon: RunningDaemon
  dovecot: Dovecot
  /** Runs an installed program in the home. @throws with the Debian package where it is missing */
  run(program: Program, args: readonly string[], options?: RunOptions): Promise<Result>
}

interface Program {
  name: string
  debianPackage: string
}

interface RunOptions {
  given?: Given
  input?: string
  env?: NodeJS.ProcessEnv
}

/** Starts it, signed in, with tokens as long as Microsoft's. */
export async function createMailClientWorld(): Promise<MailClientWorld> {
  const world = await createWorld({ accessTokenLifetime: 3_600, accessTokenLength: 1_800 })
  const socket = '[[socket]]\nprotocols = ["SMTP", "IMAP", "POP"]\n'
  const daemon = await startSignedIn(world, `${accountToml(world)}\n${socket}`)
  const dovecot = await startDovecot(world.provider)
  const { home } = world
  await installClients(home.directory)
  return {
    ...world,
    daemon,
    dovecot,
    run: ({ name, debianPackage }, args, { given = 'the right token', input = '', env } = {}) => {
      const path = `${join(home.directory, given)}:${home.env['PATH']}`
      const program = installedProgram(name, debianPackage)
      return runProgram(program, args, { ...home.env, PATH: path, ...env }, input)
    },
    close: async () => {
      await dovecot.close()
      await daemon.stop()
      await world.close()
    },
  }
}

async function installClients(directory: string): Promise<void> {
  const client = join(root, 'bin', 'cms-oauth.js')
  await mkdir(join(directory, 'the right token'))
  await symlink(client, join(directory, 'the right token', 'cms-oauth'))
  const scripts = {
    'a wrong token': 'echo wrong',
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
