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
  if (source === undefined) return undefined
  if (source.from === 'inline') return new Secret(source.value)
  if (source.from === 'file') return secretIn(await readPrivateFile(source.path), source.path)
  return secretIn(await runCommand(source.argv), source.argv[0] ?? '')
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
      requirePrivate(path, await file.stat())
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

function requirePrivate(path: string, { mode, uid }: Stats): void {
  if (uid !== 0 && uid !== process.getuid?.()) {
    throw new InsecureFileModeError(`the client secret "${path}" belongs to the user ${uid}`, {
      hint: 'it must belong to root or to the user that cms-oauthd runs as',
    })
  }
  // Root gives a service its secret through a group; a systemd credential's ACL looks the same.
  const refused = uid === 0 ? 0o027 : 0o077
  if ((mode & refused) === 0) return
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
