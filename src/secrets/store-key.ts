import { randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import type { StoreKeySource } from '../configuration/configuration.ts'
import { StoreUnreadableError } from '../errors.ts'
import { createFileDurably } from '../files/durable-file.ts'
import { makeDirectoryOf } from '../files/file-access.ts'
import { explain } from '../files/system-error.ts'
import type { KeyringOptions } from './keyring.ts'
import { originOf, readSecret, type WantedSecret } from './read-secret.ts'

/** How the store's key is read. */
export interface StoreKeyOptions extends KeyringOptions {
  commandLimitMs?: number
  /** Other hosts have the same key. */
  isShared?: boolean
}

/** The store's key, among the secrets: nothing of it is trimmed but the end of its line. */
export const storeKey = {
  what: "store's key",
  key: '[store] key',
  kind: 'storeKey',
  unreadable: StoreUnreadableError,
} as const satisfies WantedSecret

/** A key that seals something is made of so many bytes at least. */
export const leastKeyBytes = 32
const defaultCommandLimitMs = 20_000

/**
 * The bytes of the key; makes one, in a file or the keyring, where there is none and nothing is sealed
 * with another.
 * @throws StoreUnreadableError, InsecureFileModeError, StoreLockedError while the keyring is locked
 */
export async function readStoreKey(
  source: StoreKeySource,
  options: StoreKeyOptions,
): Promise<Buffer> {
  const { env, commandLimitMs = defaultCommandLimitMs } = options
  if (source.from === 'file') provideKeyFile(source.path, options)
  const known = source.from === 'keyring' ? { ...source, options } : source
  const wanted = { ...storeKey, commandLimitMs, ...(env === undefined ? {} : { env }) }
  const bytes = withoutLineEnd(await readSecret(known, wanted))
  if (bytes.length >= leastKeyBytes) return bytes
  throw new StoreUnreadableError(`the store's key from ${originOf(known)} is too short`, {
    hint: `it needs ${leastKeyBytes} bytes at least; "openssl rand -hex 32" generates a good one`,
  })
}

/** The end of the line is not part of a key, but the last of 32 raw bytes is. */
export function withoutLineEnd(bytes: Buffer): Buffer {
  const isLine = bytes.length > leastKeyBytes && bytes.at(-1) === 0x0a
  return isLine ? bytes.subarray(0, -1) : bytes
}

/** Another daemon that shares the key file may make it at the same time: its key is left there then. */
function provideKeyFile(path: string, { isStoreEmpty, isShared = false }: StoreKeyOptions): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return
    if (!isStoreEmpty) {
      throw new StoreUnreadableError(`the store's key file "${path}" is missing`, {
        hint: isShared
          ? 'copy it from a host that works: all hosts of a store need the same key'
          : 'restore it from a backup; without it the records are lost: move them away and sign in again',
      })
    }
    makeDirectoryOf({ path, kind: 'storeKey' })
    createFileDurably(path, Buffer.from(`${randomBytes(leastKeyBytes).toString('hex')}\n`))
  } catch (error) {
    throw explain(path, error)
  }
}
