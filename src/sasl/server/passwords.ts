import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

/** What is kept of a generated password: enough to check it, not enough to use it. Plain data. */
export interface PasswordVerifier {
  /** A label: which program has it. */
  name: string
  /** Addresses it is good for; absent: every account of every bridge. */
  accounts?: string[]
  /** Each in base64. SHA-256 of the password, then the keys of RFC 5802 section 3. */
  sha256: string
  storedKey: string
  serverKey: string
}

/** All verifiers, with the one salt that makes a known user name look like an unknown one. */
export interface PasswordList {
  /** In base64. */
  salt: string
  verifiers: readonly PasswordVerifier[]
}

/** RFC 7677 section 4 requires no fewer; passwords of 120 random bits need no more. */
export const scramIterations = 4_096

/** Makes the verifier of a password; takes a few ms. */
export function createVerifier(
  password: string,
  { name, accounts, salt }: { name: string; accounts?: string[] | undefined; salt: string },
): PasswordVerifier {
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), scramIterations, 32, 'sha256')
  return {
    name,
    ...(accounts === undefined ? {} : { accounts }),
    sha256: sha256(Buffer.from(password)).toString('base64'),
    storedKey: sha256(hmac(salted, 'Client Key')).toString('base64'),
    serverKey: hmac(salted, 'Server Key').toString('base64'),
  }
}

/** The verifier of this very password. Takes the same time whichever it is. */
export function findPassword(
  { verifiers }: PasswordList,
  password: string,
): PasswordVerifier | undefined {
  const given = sha256(Buffer.from(password))
  return findEqual(verifiers, (verifier) => [given, Buffer.from(verifier.sha256, 'base64')])
}

/** The verifier of the password that a client has proved to know (RFC 5802 section 3). */
export function findProved(
  { verifiers }: PasswordList,
  { proof, authMessage }: { proof: Buffer; authMessage: string },
): PasswordVerifier | undefined {
  if (proof.length !== 32) return undefined
  return findEqual(verifiers, (verifier) => {
    const storedKey = Buffer.from(verifier.storedKey, 'base64')
    const signature = hmac(storedKey, authMessage)
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0))
    return [sha256(clientKey), storedKey]
  })
}

/** What proves to the client that the server knows its password. */
export function serverSignature({ serverKey }: PasswordVerifier, authMessage: string): Buffer {
  return hmac(Buffer.from(serverKey, 'base64'), authMessage)
}

/** Compares with all of them, so that the time does not tell which one it was. */
function findEqual(
  verifiers: readonly PasswordVerifier[],
  sides: (verifier: PasswordVerifier) => [Buffer, Buffer],
): PasswordVerifier | undefined {
  const equal = verifiers.filter((verifier) => {
    const [left, right] = sides(verifier)
    return left.length === right.length && timingSafeEqual(left, right)
  })
  return equal[0]
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
