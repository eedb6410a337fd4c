import { isAddress } from '../../configuration/address.ts'
import { NotPermittedError, UsageError } from '../../errors.ts'
import { printable } from '../../mail/printable.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { fetchCredential } from '../../socket-client/fetch.ts'
import { socketOf } from '../fetch-command.ts'
import { isMailServer, isOwnServer } from '../is-mail-server.ts'
import type { CommandLine } from '../options.ts'
import { readInput } from '../read-input.ts'

/** The mail protocols for the URL schemes that git uses. */
const protocols = new Map<string, Protocol>([
  ['smtp', 'SMTP'],
  ['imap', 'IMAP'],
  ['imaps', 'IMAP'],
])

/** git sends a few lines, each shorter than 64 KiB. */
const longestDescription = 1_024 * 1_024

/**
 * `git-credential get|store|erase`: git's helper protocol (gitcredentials(7)) on the token socket.
 * Prints nothing for a request that is not about mail or has no user, so that git asks the next
 * helper; unknown operations are ignored, as gitcredentials(7) requires. A server that is
 * neither known nor the address's own gets no token without `--any-host`.
 * @throws CmsOauthError
 */
export async function runGitCredential({ words, options }: CommandLine): Promise<number> {
  const [, operation = '', ...more] = words
  if (operation === '' || more.length > 0) {
    throw new UsageError('"git-credential" is called by git, with get, store or erase', {
      hint: 'in the configuration of git: helper = !cms-oauth git-credential',
    })
  }
  const {
    protocol = '',
    host = '',
    username = '',
  } = parseDescription((await readInput(longestDescription)).toString('utf8'))
  // The daemon keeps the tokens: there is nothing to store, and a refused one does not sign anybody
  // out.
  const wanted = operation === 'get' ? protocols.get(protocol) : undefined
  if (wanted === undefined || host === '' || !isAddress(username)) return 0
  const isAllowed =
    options['any-host'] === true || isMailServer(host) || isOwnServer(host, username)
  if (!isAllowed) throw unknownServer(host)
  const path = socketOf(options)
  const json = await fetchCredential({ path, user: username, protocol: wanted, format: 'json' })
  process.stdout.write(credentialText(JSON.parse(json) as Answer))
  return 0
}

function unknownServer(host: string): NotPermittedError {
  return new NotPermittedError(`"${printable(host)}" is not a mail server that is given tokens`, {
    hint: 'where it is the right one, write "helper = !cms-oauth git-credential --any-host"',
  })
}

interface Answer {
  user: string
  access_token: string
  expires_at: string | null
}

/** Lines of `key=value`, ended by an empty one. */
function parseDescription(description: string): Record<string, string> {
  const [attributes = ''] = description.split('\n\n')
  return Object.fromEntries(
    attributes.split('\n').map((line) => {
      const equals = line.indexOf('=')
      return [line.slice(0, equals), line.slice(equals + 1)]
    }),
  )
}

/** `password_expiry_utc` keeps git (from 2.40 on) from using an expired token from its cache. */
function credentialText({ user, access_token: token, expires_at: expiresAt }: Answer): string {
  const lines = [`username=${user}`, `password=${token}`]
  if (expiresAt !== null) {
    lines.push(`password_expiry_utc=${Math.floor(Date.parse(expiresAt) / 1_000)}`)
  }
  return `${lines.join('\n')}\n`
}
