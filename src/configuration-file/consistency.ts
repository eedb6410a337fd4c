import { normalize } from 'node:path'
import { filesOfStore } from '../configuration/files-of-store.ts'
import type { AccountConfiguration, Configuration } from '../configuration/configuration.ts'
import type { LocalListener } from '../configuration/local-listener.ts'
import { protocols } from '../sasl/output-format.ts'
import { unusableBridges } from './bridge-rules.ts'
import { unusableOutboxes } from './outbox-rules.ts'
import type { Problem } from './problems.ts'
import { unusableSignIns } from './shared-sign-ins.ts'
import { unusableStore } from './store-configuration.ts'
import { unknownAccount, usersOf } from './unknown-account.ts'
import { socketPath } from './values.ts'

/** Problems that no single key shows: contradictions between the parts of a configuration. */
export function inconsistencies(configuration: Configuration): Problem[] {
  return [
    ...repeatedAccounts(configuration),
    ...repeatedPaths(configuration),
    ...unknownAccounts(configuration),
    ...unusableTokenFiles(configuration),
    ...unusableBridges(configuration),
    ...unusableOutboxes(configuration),
    ...unusablePaths(configuration),
    ...unusableSignIns(configuration),
    ...unknownResources(configuration),
    ...unusableStore(configuration),
  ]
}

function repeatedAccounts({ accounts }: Configuration): Problem[] {
  const written = accounts.filter(({ resource }) => resource === undefined)
  return repeated(written.map(({ user }) => user)).map((index) => ({
    path: ['account', index, 'user'],
    what: `"${accounts[index]?.user}" is listed twice`,
    hint: 'remove one of the two [[account]] entries',
  }))
}

/**
 * Includes the control socket: of two sockets with one path, the last one opened would replace the
 * other.
 */
function repeatedPaths({ sockets, control }: Configuration): Problem[] {
  const paths = [control, ...sockets].map(({ path }) => normalize(path))
  return repeated(paths).map((index) => ({
    path: ['socket', index - 1, 'path'],
    what: `"${paths[index]}" is listed twice`,
    hint: 'give each [[socket]], and [control], a path of its own',
  }))
}

function unknownAccounts({ accounts, sockets }: Configuration): Problem[] {
  const known = usersOf(accounts)
  return sockets.flatMap((socket, index) =>
    (socket.accounts ?? [])
      .filter((user) => !known.has(user))
      .map((user) => unknownAccount(['socket', index, 'accounts'], user, known)),
  )
}

/** What `protocols` of a [[socket]] names must be of mail, or a resource of an account. */
function unknownResources({ accounts, sockets }: Configuration): Problem[] {
  const known = new Set(accounts.flatMap(({ resource }) => resource?.name ?? []))
  return sockets.flatMap(({ resources = [] }, index) =>
    resources
      .filter((name) => !known.has(name))
      .map((name) => ({
        path: ['socket', index, 'protocols'],
        what: `names "${name}", which is neither ${protocols.join(', ')} nor in "resources" of an [[account]]`,
      })),
  )
}

/** A token file replaces any file of the same name. */
function unusableTokenFiles(configuration: Configuration): Problem[] {
  const { tokenFiles, accounts } = configuration
  const known = usersOf(accounts)
  const taken = new Set(otherFiles(configuration))
  return tokenFiles.flatMap(({ path, account }, index) => {
    const problems: Problem[] = []
    if (!known.has(account)) {
      problems.push(unknownAccount(['token_file', index, 'account'], account, known))
    }
    if (taken.has(path)) {
      problems.push({
        path: ['token_file', index, 'path'],
        what: `"${path}" is used for something else`,
        hint: 'give each [[token_file]] a path of its own',
      })
    }
    taken.add(path)
    return problems
  })
}

/** Every path in the configuration except those of the token files. */
function otherFiles(configuration: Configuration): string[] {
  const { file, accounts, sockets, bridges, outboxes, control, metrics, store } = configuration
  const secrets = accounts.flatMap(secretFiles)
  const listening = [control, ...sockets, ...outboxes].map(({ path }) => path)
  const listeners = [...bridges, ...outboxes.flatMap(({ listener }) => listener ?? [])]
  const named = [
    file,
    ...listening,
    ...listeners.flatMap(listenerFiles),
    ...secrets,
    ...filesOfStore(store),
    ...(metrics.textfile === undefined ? [] : [metrics.textfile]),
  ]
  return named.map(normalize)
}

function listenerFiles({ listen, certificate }: LocalListener): string[] {
  const paths = listen.flatMap((address) => ('path' in address ? [address.path] : []))
  return certificate === undefined ? paths : [...paths, certificate.path, certificate.keyPath]
}

function secretFiles(account: AccountConfiguration): string[] {
  const { clientSecret, clientCertificate, clientAssertionFile, serviceAccountKey } = account
  const sources = [clientSecret, clientCertificate?.key, serviceAccountKey]
  const files = sources.map((source) => (source?.from === 'file' ? source.path : undefined))
  return [...files, clientCertificate?.path, clientAssertionFile].filter(
    (path) => path !== undefined,
  )
}

const derivedPathHint =
  'it follows from XDG_RUNTIME_DIR or CMS_OAUTH_CONTROL: change that, or set the key "path"'

/** Checks the paths derived from the environment, which no key's own check has seen. */
function unusablePaths({ sockets, outboxes, control }: Configuration): Problem[] {
  const named: [string[], string][] = [
    ...outboxes.map(({ path }): [string[], string] => [['outbox'], path]),
    ...sockets.map(({ path }): [string[], string] => [['socket'], path]),
    [['control', 'path'], control.path],
  ]
  return named.flatMap(([key, path]) => {
    const { error } = socketPath.safeParse(path)
    const what = `"${path}" ${error?.issues[0]?.message}`
    return error === undefined ? [] : [{ path: key, what, hint: derivedPathHint }]
  })
}

/** The indices of entries that repeat an earlier one. */
function repeated(values: readonly string[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [index]
    seen.add(value)
    return []
  })
}
