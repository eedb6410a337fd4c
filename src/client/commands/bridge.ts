import { X509Certificate } from 'node:crypto'
import { oneOf } from '../../command-line/nearest-known.ts'
import { UsageError } from '../../errors.ts'
import { plainAddress } from '../../kernel/plain-address.ts'
import type { BridgePassword } from '../../messages/bridge-api.ts'
import { connectControl, notAmong } from '../control.ts'
import type { CommandLine } from '../options.ts'
import { printWarning } from '../terminal.ts'
import { formatTable } from '../table.ts'
import { sayJson } from '../say-json.ts'

const actions: Record<string, (line: CommandLine) => Promise<void>> = {
  'add-password': addPassword,
  'list-passwords': listPasswords,
  'remove-password': removePassword,
  certificate: printCertificate,
}

/** `bridge ...`: what mail programs log in with, and what they are to trust. @throws CmsOauthError */
export async function runBridge(line: CommandLine): Promise<number> {
  const [, action = ''] = line.words
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (run === undefined) {
    const hint = `${oneOf(action, Object.keys(actions))}, like "cms-oauth bridge add-password printer"`
    throw new UsageError(notAmong('bridge', action), { hint })
  }
  if (action !== 'add-password') refuseAccount(line)
  await run(line)
  return 0
}

/** The password stands alone on a line of standard output: a script can take it from there. */
async function addPassword(line: CommandLine): Promise<void> {
  const name = nameOf(line)
  const { account } = line.options
  const accounts = account === undefined ? undefined : usersIn(account)
  const client = await connectControl(line)
  const body = accounts === undefined ? {} : { accounts }
  const { password, asked_for: askedFor } = await client.addPassword(name, body)
  process.stderr.write(
    `The password "${name}" for ${scopeOf(accounts ?? null)}. It is shown this once:\n`,
  )
  process.stdout.write(`${password}\n`)
  if (askedFor !== undefined) warnOfUnasked(accounts, askedFor)
}

/** Each once, however often it was written. */
function usersIn(list: string): string[] {
  const users = list.split(',').map((user) => user.trim())
  return [...new Set(users)].filter((user) => user !== '')
}

/** It may be made before its bridge, but somebody may also have forgotten the bridge. */
function warnOfUnasked(accounts: string[] | undefined, askedFor: readonly string[]): void {
  const unasked = accounts?.filter((user) => !askedFor.includes(user)) ?? []
  const isUnasked = accounts === undefined ? askedFor.length === 0 : unasked.length > 0
  if (!isUnasked) return
  const whose = accounts === undefined ? 'a password' : `a password for ${unasked.join(', ')}`
  printWarning({
    message: `nothing asks for ${whose} yet`,
    hint: 'add a [[bridge]] with "password" in "caller" to the configuration, then run "cms-oauth reload"; the password stays good',
  })
}

async function listPasswords(line: CommandLine): Promise<void> {
  refuseName(line)
  const passwords = await (await connectControl(line)).passwords()
  if (line.options.json === true) {
    sayJson({ passwords }, 2)
  } else if (passwords.length === 0) {
    process.stdout.write(
      'There are no passwords: "cms-oauth bridge add-password NAME" makes one.\n',
    )
  } else {
    process.stdout.write(formatTable([['NAME', 'MADE', 'GOOD FOR'], ...passwords.map(rowOf)]))
  }
}

async function removePassword(line: CommandLine): Promise<void> {
  const name = nameOf(line)
  await (await connectControl(line)).removePassword(name)
  process.stdout.write(`${name}: removed; no program can log in with it any more\n`)
}

/** Alone on standard output, as programs take it. */
async function printCertificate(line: CommandLine): Promise<void> {
  refuseName(line)
  const client = await connectControl(line)
  const { certificate, expires_at: expiresAt } = await client.bridgeCertificate()
  const { subjectAltName = '' } = new X509Certificate(certificate)
  process.stderr.write(
    `For ${namesIn(subjectAltName).join(', ')}; expires on ${expiresAt.slice(0, 10)}.\n`,
  )
  process.stdout.write(certificate)
}

/** OpenSSL writes an IPv6 address with all of its zeros. */
function namesIn(subjectAltName: string): string[] {
  return subjectAltName
    .split(', ')
    .map((name) => plainAddress(name.replace(/^(?:DNS|IP Address):/, '')))
}

function rowOf({ name, accounts, created_at: createdAt }: BridgePassword): string[] {
  return [name, createdAt.slice(0, 10), scopeOf(accounts)]
}

function scopeOf(accounts: readonly string[] | null): string {
  return accounts === null ? 'every account of every bridge' : accounts.join(', ')
}

function nameOf({ words: [, action, name, ...more] }: CommandLine): string {
  if (name !== undefined && more.length === 0) return name
  throw new UsageError(`"bridge ${action}" needs one name`, {
    hint: `like "cms-oauth bridge ${action} printer"`,
  })
}

function refuseName({ words: [, action, ...more] }: CommandLine): void {
  if (more.length === 0) return
  throw new UsageError(`"bridge ${action}" does not take an operand`, {
    hint: `just "cms-oauth bridge ${action}"`,
  })
}

function refuseAccount({ words: [, action], options }: CommandLine): void {
  if (options.account === undefined) return
  throw new UsageError(`"bridge ${action}" does not take --account`, {
    hint: 'see "cms-oauth bridge --help"',
  })
}
