import { execFile } from 'node:child_process'
import type { Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError, InsecureFileModeError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'

const run = promisify(execFile)
const commandLimitMs = 15_000

/**
 * The account's client secret, read anew each time so that a rotated one needs no restart;
 * undefined for a public client.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientSecret({
  clientSecret: source,
}: Account): Promise<Secret | undefined> {
  switch (source?.from) {
    case undefined:
      return undefined
    case 'inline':
      return new Secret(source.value)
    case 'file':
      return secretIn(await readPrivateFile(source.path), source.path)
    case 'command':
      return secretIn(await runCommand(source.argv), source.argv[0] ?? '')
  }
}

function secretIn(text: string, origin: string): Secret {
  const [line = ''] = text.split('\n')
  if (line.trim() !== '') return new Secret(line.trim())
  throw new ConfigInvalidError(`the client secret from "${origin}" is empty`, {
    hint: 'its first line must be the secret',
  })
}

async function readPrivateFile(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      requireUnshared(path, await file.stat())
      return await file.readFile('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof InsecureFileModeError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigInvalidError(`the client secret "${path}" cannot be read: ${code}`, {
      hint: 'look at client_secret_file and the directories above it',
      cause: error,
    })
  }
}

function requireUnshared(path: string, { mode }: Stats): void {
  if ((mode & 0o077) === 0) return
  throw new InsecureFileModeError(`others may open the client secret "${path}"`, {
    hint: `run "chmod go= ${path}"`,
  })
}

async function runCommand([program = '', ...rest]: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(program, rest, { timeout: commandLimitMs })
    return stdout
  } catch (error) {
    // The error holds what the program printed, which may be the secret: nothing of it is kept.
    const { code } = error as { code?: string | number }
    throw new ConfigInvalidError(`the client secret command "${program}" failed (${code})`, {
      hint: 'run it by hand as the user of cms-oauthd; it must not ask for anything',
    })
  }
}
