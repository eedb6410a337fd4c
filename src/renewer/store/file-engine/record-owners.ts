import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isCmsOauthError } from '../../../errors.ts'
import { addressOf } from '../envelope.ts'
import { isRecordName, readSealed, recordName } from './record-file.ts'

/**
 * Whose records are in a directory, each address once and in order; by the address that a record
 * names, where its file is the one of that address. What cannot be read has no owner here.
 * @throws NodeJS.ErrnoException
 */
export function findRecordOwners(directory: string): string[] {
  const names = readdirSync(directory).filter(isRecordName)
  const owners = names.flatMap((name) => ownerOf(directory, name) ?? [])
  return [...new Set(owners)].toSorted()
}

function ownerOf(directory: string, name: string): string | undefined {
  try {
    const user = addressOf(readSealed(join(directory, name)) ?? Buffer.of())
    if (user === undefined) return undefined
    return (['grant', 'unconfirmed'] as const).some((kind) => recordName(user, kind) === name)
      ? user
      : undefined
  } catch (error) {
    if (isCmsOauthError(error)) return undefined
    throw error
  }
}
