import type { Configuration } from './configuration.ts'
import type { Problem } from './problems.ts'

/** What no single key shows: the problems between the parts of a configuration. */
export function requireConsistent(configuration: Configuration): Problem[] {
  return [
    ...repeatedAccounts(configuration),
    ...repeatedPaths(configuration),
    ...unknownAccounts(configuration),
    ...missingKeyCommand(configuration),
  ]
}

function repeatedAccounts({ accounts }: Configuration): Problem[] {
  return repeated(accounts.map(({ user }) => user)).map((index) => ({
    path: ['account', index, 'user'],
    what: `"${accounts[index]?.user}" stands there twice`,
    hint: 'remove one of the two [[account]] entries',
  }))
}

function repeatedPaths({ sockets }: Configuration): Problem[] {
  return repeated(sockets.map(({ path }) => path)).map((index) => ({
    path: ['socket', index, 'path'],
    what: `"${sockets[index]?.path}" stands there twice`,
    hint: 'give each [[socket]] a path of its own',
  }))
}

function unknownAccounts({ accounts, sockets }: Configuration): Problem[] {
  const known = new Set(accounts.map(({ user }) => user))
  return sockets.flatMap((socket, index) =>
    (socket.accounts ?? [])
      .filter((user) => !known.has(user))
      .map((user) => ({
        path: ['socket', index, 'accounts'],
        what: `names "${user}", which no [[account]] has`,
        hint: 'correct the address (upper and lower case count) or add the [[account]]',
      })),
  )
}

function missingKeyCommand({ store }: Configuration): Problem[] {
  if (store.key.from !== 'command' || store.key.argv.length > 0) return []
  return [
    {
      path: ['store', 'key'],
      what: '"command" needs key_command',
      hint: 'add key_command = ["program", "argument"]',
    },
  ]
}

/** Indices of the entries that stand earlier already. */
function repeated(values: readonly string[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    if (seen.has(value)) return [index]
    seen.add(value)
    return []
  })
}
