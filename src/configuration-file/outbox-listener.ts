/** What an [[outbox]] says of the SMTP that it listens by: as a [[bridge]], and held to the same rules. */
import type { LocalListener } from '../configuration/local-listener.ts'
import { type BridgeKeys, bridgeProblems } from './bridge-problems.ts'
import { bridgeKeys } from './bridge-schema.ts'
import type { KeyPath } from './key-lines.ts'

const { listen, users, caller, networks, tls, plaintext, certificate_file, key_file } = bridgeKeys

/** The keys of a listener, with their meaning for an outbox. */
export const listenerKeys = {
  listen: listen.describe(
    'where mail is taken by SMTP too, from programs and devices: "127.0.0.1:1025", "[::1]:1025" or the path of a socket; one, or several. An address that other machines reach needs "networks"',
  ),
  caller: caller.describe(
    'with "listen": who is let in, as in [[bridge]]: "password", who shows one of "cms-oauth bridge add-password"; "peer", whose program the kernel says is of a user in "allow"; "network", devices in "networks" that cannot log in',
  ),
  users: users.describe(
    'with "listen": user names that programs may send besides the address of the account, like { printer = "user@domain.com" }',
  ),
  networks: networks.describe(
    'with "listen": which other machines may connect, like "192.168.7.0/24"; private and link-local ranges only',
  ),
  tls: tls.describe(
    'with "listen": "starttls", "required" or "implicit", as in [[bridge]]. Where other machines connect it must be one of the last two, unless plaintext = true',
  ),
  plaintext: plaintext.describe(
    'with "listen": true lets passwords and mail of other machines pass without TLS',
  ),
  certificate_file: certificate_file.describe(
    'with key_file: what "tls" shows, in PEM; default: the one that bridges have, which "cms-oauth bridge certificate" prints',
  ),
  key_file: key_file.describe('the private key of certificate_file, in PEM'),
}

/** What of the keys of a listener is given. */
export type GivenListener = Pick<
  BridgeKeys,
  'listen' | 'caller' | 'networks' | 'tls' | 'plaintext' | 'certificate_file' | 'key_file'
> & {
  account: string
  users: Readonly<Record<string, string>>
}

/** What of a listener contradicts itself. */
export function listenerProblems(given: GivenListener): { path: KeyPath; what: string }[] {
  if (given.listen === undefined) {
    return strayKeys(given).map((key) => ({ path: [key], what: 'requires "listen"' }))
  }
  const { account, users } = given
  const strangers = Object.entries(users).filter(([, user]) => user !== account)
  return [
    // "allow" and "name" are of the other socket too.
    ...bridgeProblems({
      ...given,
      allow: undefined,
      name: undefined,
      protocol: 'SMTP',
      accounts: [account],
      account_by_sender: false,
    }).map(([key, what]) => ({ path: [key], what })),
    ...strangers.map(([name]) => ({
      path: ['users', name],
      what: `must be the account, "${account}": all that comes goes out by it`,
    })),
  ]
}

/** The listener of an outbox; undefined: it has none. */
export function listenerOf({
  listen,
  users,
  caller: callers,
  networks = [],
  tls,
  certificate_file: path,
  key_file: keyPath,
}: GivenListener): LocalListener | undefined {
  if (listen === undefined) return undefined
  return {
    listen: [...listen],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    callers: [...callers],
    networks: [...networks],
    tls,
    ...(path === undefined || keyPath === undefined ? {} : { certificate: { path, keyPath } }),
  }
}

/** Those that say something that is not so without a listener. */
function strayKeys(given: GivenListener): string[] {
  const { users, caller, networks, tls, plaintext } = given
  const { certificate_file: certificate, key_file: key } = given
  const isGiven = {
    caller: caller.join() !== 'password',
    users: Object.keys(users).length > 0,
    networks: networks !== undefined,
    tls: tls !== 'off',
    plaintext,
    certificate_file: certificate !== undefined,
    key_file: key !== undefined,
  }
  return Object.entries(isGiven).flatMap(([name, is]) => (is ? [name] : []))
}
