/**
 * What `pizauth dump` writes: 12 bytes of nonce, then ChaCha20-Poly1305 with a key that is in pizauth's
 * source, "to make it resistant to grep". Inside is bincode: numbers of 8 bytes, little-endian, texts and
 * lists with their length before them, one byte before what may be absent.
 */
import { createDecipheriv } from 'node:crypto'
import { UsageError } from '../errors.ts'
import { type ForeignToken, isAddressed } from './foreign-token.ts'

const key = Buffer.from('66a247a85e48cfecaaed9b36eba97d5350d4286375097a44eeffb9c4546b65a3', 'hex')
const nonceBytes = 12
const tagBytes = 16
const knownVersion = 1n

/**
 * The refresh tokens of a dump; undefined for anything else.
 * @throws UsageError for a dump of another version, or without a token
 */
export function tokensInPizauthDump(bytes: Buffer): ForeignToken[] | undefined {
  const dump = open(bytes)
  if (dump === undefined) return undefined
  const tokens = read(dump)
  if (tokens.length > 0) return tokens
  throw new UsageError('the dump of pizauth holds no refresh token', {
    hint: 'nobody is signed in there: configure the same client_id and run "cms-oauth login ADDRESS"',
  })
}

function read(dump: Buffer): ForeignToken[] {
  try {
    return readDump(new Reader(dump))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw otherVersion('is not laid out as expected', error)
  }
}

function open(bytes: Buffer): Buffer | undefined {
  if (bytes.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv('chacha20-poly1305', key, bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const dump = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
  try {
    decipher.final()
    return dump
  } catch {
    return undefined
  }
}

function readDump(reader: Reader): ForeignToken[] {
  const version = reader.number()
  if (version !== knownVersion) throw otherVersion(`has the version ${version}`)
  return reader.list(() => readAccount(reader)).flat()
}

/** Accounts of pizauth have names; whose mailbox it is, only a name or a field of the sign-in may say. */
function readAccount(reader: Reader): ForeignToken[] {
  const name = reader.text()
  reader.text() // auth_uri
  const fields = new Map(reader.list(() => [reader.text(), reader.text()] as const))
  const clientId = reader.text()
  reader.optional(() => reader.text()) // client_secret
  reader.text() // redirect_uri
  reader.list(() => reader.text()) // scopes
  reader.text() // token_uri
  const refreshToken = readState(reader)
  if (refreshToken === undefined) return []
  const address = [fields.get('login_hint'), name].find(isAddressed)
  return [{ refreshToken, name, clientId, ...(address === undefined ? {} : { address }) }]
}

function readState(reader: Reader): string | undefined {
  if (reader.variant() === 0) return undefined
  reader.text() // access_token
  reader.time() // access_token_obtained
  reader.time() // access_token_expiry
  return reader.optional(() => reader.text())
}

function otherVersion(what: string, cause?: unknown): UsageError {
  return new UsageError(`the dump of pizauth ${what}`, {
    hint: 'another version of pizauth wrote it: configure the same client_id and run "cms-oauth login ADDRESS" instead',
    cause,
  })
}

/** Reads on; throws RangeError behind the end. */
class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): bigint {
    return this.#bytes.readBigUInt64LE(this.#take(8))
  }

  variant(): number {
    return this.#bytes.readUInt32LE(this.#take(4))
  }

  text(): string {
    const length = Number(this.number())
    const start = this.#take(length)
    return this.#bytes.toString('utf8', start, start + length)
  }

  time(): void {
    this.#take(12)
  }

  list<T>(read: () => T): T[] {
    const length = Number(this.number())
    // Each entry takes at least a byte, so that a length from elsewhere is found out here.
    if (length > this.#bytes.length) throw new RangeError('a list is longer than all there is')
    return Array.from({ length }, read)
  }

  optional<T>(read: () => T): T | undefined {
    return this.#bytes.readUInt8(this.#take(1)) === 0 ? undefined : read()
  }

  #take(length: number): number {
    const start = this.#at
    if (start + length > this.#bytes.length) throw new RangeError('it ends too soon')
    this.#at += length
    return start
  }
}
