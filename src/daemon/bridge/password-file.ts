/**
 * The passwords of the bridges, in a private file of the state directory: verifiers alone, from which
 * nobody gets a password back. Only the daemon of the store writes it.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCmsOauthError, RequestInvalidError, StoreUnreadableError } from '../../errors.ts'
import { writeFileDurably } from '../../files/durable-file.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { requireFileAccess } from '../../files/file-access.ts'
import { createVerifier, type PasswordVerifier } from '../../sasl/server/passwords.ts'
import { parseJsonAs } from '../../shapes/parse-json-as.ts'
import { listOf, number, openFields, optional, type Shape, text } from '../../shapes/shape.ts'
import { makePassword } from './make-password.ts'

/** A password as it is kept. */
interface KeptPassword extends PasswordVerifier {
  /** Epoch ms. */
  createdAt: number
}

interface PasswordFileText {
  version: number
  salt: string
  passwords: KeptPassword[]
}

const version = 1
const saltBytes = 16
const versionShape = openFields<Pick<PasswordFileText, 'version'>>({ version: number })

const fileShape: Shape<PasswordFileText> = openFields<PasswordFileText>({
  version: number,
  salt: text,
  passwords: listOf(
    openFields<KeptPassword>({
      name: text,
      accounts: optional(listOf(text)),
      sha256: text,
      storedKey: text,
      serverKey: text,
      createdAt: number,
    }),
  ),
})

/** The file; read at each use, since that is rare. Every function throws StoreUnreadableError. */
export class PasswordFile {
  readonly #path: string
  /** Of a store without passwords: the same for all who ask in this process. */
  readonly #firstSalt = randomBytes(saltBytes).toString('base64')

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'bridge-passwords.json')
  }

  /** All passwords, in the order they were made. */
  read(): { salt: string; passwords: KeptPassword[] } {
    const written = this.#readText()
    if (written === undefined) return { salt: this.#firstSalt, passwords: [] }
    return this.#parse(written)
  }

  /** Makes a password and returns it, for the only time. @throws RequestInvalidError for a taken name */
  add(name: string, accounts: string[] | undefined): string {
    const { salt, passwords } = this.read()
    if (passwords.some((each) => each.name === name)) {
      throw new RequestInvalidError(`there is a password "${name}" already`, {
        hint: `choose another name, or run "cms-oauth bridge remove-password ${name}" first`,
      })
    }
    const password = makePassword()
    const verifier = createVerifier(password, { name, accounts, salt })
    this.#write({ salt, passwords: [...passwords, { ...verifier, createdAt: Date.now() }] })
    return password
  }

  /** Forgets a password. @throws RequestInvalidError where there is none of this name */
  remove(name: string): void {
    const { salt, passwords } = this.read()
    const kept = passwords.filter((each) => each.name !== name)
    if (kept.length === passwords.length) {
      throw new RequestInvalidError(`there is no password "${name}"`, {
        hint: 'run "cms-oauth bridge list-passwords" to see which there are',
      })
    }
    this.#write({ salt, passwords: kept })
  }

  #write({ salt, passwords }: { salt: string; passwords: KeptPassword[] }): void {
    const written = JSON.stringify({ version, salt, passwords }, null, 2)
    try {
      writeFileDurably(this.#path, Buffer.from(`${written}\n`))
    } catch (error) {
      throw this.#unusable(error, 'written')
    }
  }

  #readText(): string | undefined {
    try {
      const fd = openSync(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        const what = `the passwords "${this.#path}"`
        requireFileAccess({ path: this.#path, what, kind: 'secret' }, fstatSync(fd))
        return readFileSync(fd, 'utf8')
      } finally {
        closeSync(fd)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw isCmsOauthError(error) ? error : this.#unusable(error, 'read')
    }
  }

  #parse(written: string): PasswordFileText {
    const file = parseJsonAs(written, fileShape)
    if (file?.version === version) return file
    const { version: theirs = version } = parseJsonAs(written, versionShape) ?? {}
    if (theirs > version) throw this.#newer()
    throw new StoreUnreadableError(`the passwords "${this.#path}" cannot be understood`, {
      hint: 'restore the file from a backup; or remove it, and make every password again',
    })
  }

  #newer(): StoreUnreadableError {
    return new StoreUnreadableError(
      `the passwords "${this.#path}" were written by a newer cms-oauth`,
      { hint: 'install that version again; nothing was changed' },
    )
  }

  #unusable(error: unknown, verb: 'read' | 'written'): StoreUnreadableError {
    const { code } = error as NodeJS.ErrnoException
    return new StoreUnreadableError(
      `the passwords "${this.#path}" cannot be ${verb}: ${withErrnoWords(code)}`,
      { hint: 'check the state directory and the disk', cause: error },
    )
  }
}
