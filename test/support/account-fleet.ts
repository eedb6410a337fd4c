import { join } from 'node:path'
import { Secret } from '../../src/logging/secret.ts'
import { openFileStore } from '../../src/renewer/store/open-file-store.ts'
import { testGrant } from '../renewer/store/test-grant.ts'
import type { Home } from './daemon.ts'

/** So many addresses. */
export function fleetUsers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `user${index}@example.com`)
}

/** The [[account]] of each, at one provider that needs no document about it. */
export function fleetToml(users: readonly string[], url: string): string {
  const account = (user: string) =>
    `[[account]]\nuser = "${user}"\nprovider = "oidc"\nclient_id = "client"\nscopes = ["mail"]\n` +
    `authorization_endpoint = "${url}/authorize"\ntoken_endpoint = "${url}/token"\n`
  return users.map(account).join('')
}

/** The home's store under the home's own key, with the lock of an issuer. */
export function openFleetStore({ directory, stateDirectory }: Home, issuer: string) {
  const path = join(directory, 'config', 'cms-oauth', 'store.key')
  return openFileStore({
    stateDirectory,
    key: { from: 'file', path },
    issuer: () => issuer,
    onDurable: () => {},
  })
}

/** Signs all of them in: a record each in the home's store, under the home's own key. */
export async function fillStore(
  home: Home,
  users: readonly string[],
  issuer: string,
): Promise<void> {
  const store = await openFleetStore(home, 'https://issuer.example')
  const refreshToken = new Secret('refresh')
  for (const user of users) {
    const renewal = { kind: 'refresh_token', refreshToken } as const
    await store.save(testGrant({ user, issuer, renewal }))
  }
  await store.close()
}
