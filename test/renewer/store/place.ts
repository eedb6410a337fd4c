import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openFileStore } from '../../../src/renewer/store/open-file-store.ts'
import type { Store } from '../../../src/renewer/store/store.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { testGrant } from './test-grant.ts'

/** Whose renewer opens it, if a test does not say. */
export const issuer = 'https://issuer.example'
const tag = createHash('sha256').update(issuer).digest('hex').slice(0, 16)
/** The names of that renewer's locks. */
export const locks = { renewer: `renewer-${tag}.lock`, host: `host-${tag}.lock` }

/** Where a store lies. */
export interface Place {
  stateDirectory: string
  keyFile: string
  open: (more?: object) => Promise<Store>
}

/** A store that is not there yet; stores opened in it are closed when the test ends. */
export function place(t: TestContext): Place {
  const directory = temporaryDirectory(t)
  const stateDirectory = join(directory, 'state')
  const keyFile = join(directory, 'config', 'store.key')
  const open = async (more: object = {}) => {
    const key = { from: 'file', path: keyFile } as const
    const store = await openFileStore({
      stateDirectory,
      key,
      issuer: () => issuer,
      onDurable: () => {},
      closeLimitMs: 0,
      ...more,
    })
    t.after(() => store.close())
    return store
  }
  return { stateDirectory, keyFile, open }
}

/** The sealed file of an account. */
export function recordOf({ stateDirectory }: Place, user: string): string {
  return join(stateDirectory, `${createHash('sha256').update(user).digest('hex')}.grant`)
}

/** The store after it saved grants of these users and was closed. */
export async function filled(t: TestContext, ...users: string[]): Promise<Place> {
  const filledPlace = place(t)
  const store = await filledPlace.open()
  for (const user of users) await store.save(testGrant({ user }))
  await store.close()
  return filledPlace
}

/** Every byte below a directory, by path. */
export function snapshot(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile())
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path, readFileSync(path, 'latin1')]
    }),
  )
}
