import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { wrapWords } from '../../command-line/option-table.ts'
import { shellWord } from '../../command-line/shell-word.ts'
import { isAddress } from '../../configuration/address.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { excessOf } from '../../files/file-rules.ts'
import { parseServer, writeServer } from '../../mail/mail-server.ts'
import type { MailServers } from '../../provider-facts/mail-service.ts'
import {
  domainOf,
  findService,
  type MailServiceName,
  mailServices,
  withoutOauthAt,
} from '../../provider-facts/mail-services.ts'
import { insteadOfOauth, offersNoOauth } from '../../provider-facts/without-oauth.ts'
import { type Protocol, protocols } from '../../sasl/output-format.ts'
import { serversOf, serviceOf } from '../../accounts/service-of.ts'
import { say } from '../terminal.ts'
import type { Answers, MailHosts, NewAccount } from './answers.ts'
import type { Interview } from './interview.ts'
import { likelyService } from './likely-service.ts'
import { findProgram, type MailProgramName, mailPrograms } from './mail-programs.ts'

const programNames = [...(Object.keys(mailPrograms) as MailProgramName[]), 'none'] as const
const serviceNames = Object.keys(mailServices) as MailServiceName[]

/**
 * Asks for everything that is needed, and nothing else. @throws UsageError where the answers end
 */
export async function askAll(
  interview: Interview,
  configuration: Configuration | undefined,
): Promise<Answers> {
  const user = await interview.ask({
    text: 'Address of the mailbox',
    read: (answer) => readAddress(answer, configuration),
  })
  const known = configuration?.accounts.find((account) => account.user === user)
  if (known !== undefined) say(`  ${user} is in the configuration already.`)
  const service = known === undefined ? await askService(interview, user) : serviceOf(known)
  const account = known === undefined ? await askAccount(interview, user, service) : undefined
  const servers = known === undefined ? findService(service).servers : serversOf(known)
  const program = await askProgram(interview, servers)
  const wanted = program === 'none' ? undefined : findProgram(program).protocols
  const hosts =
    servers === undefined
      ? await askHosts(interview, user, wanted)
      : { ...likelyHosts(user), ...hostsOf(servers) }
  return { user, service, hosts, program, ...(account === undefined ? {} : { account }) }
}

/** It goes into file names, and into commands that shells run. */
function readAddress(answer: string, configuration: Configuration | undefined) {
  if (!isAddress(answer)) return { problem: 'it looks like user@domain.com' }
  if (!/^[\w.+=~-]+@[\w.-]+$/.test(answer)) {
    return { problem: 'one with such characters is configured by hand' }
  }
  const without = withoutOauthAt(answer)
  const isKnown = configuration?.accounts.some(({ user }) => user === answer) === true
  if (without === undefined || isKnown) return { value: answer }
  return { problem: `${without.name} ${offersNoOauth}: ${insteadOfOauth(without)}` }
}

/** Those programs that need no more than what takes tokens there. */
async function askProgram(interview: Interview, servers: MailServers | undefined) {
  const missing = servers === undefined ? [] : protocols.filter((name) => !(name in servers))
  const names = programNames.filter((name) => {
    return name === 'none' || !findProgram(name).protocols.some((each) => missing.includes(each))
  })
  if (names.length < programNames.length) {
    say(`  This service does not offer OAuth for ${missing.join(' and ')}: a program that needs it`)
    say('  logs in with an app password there. Programs that need none of it:')
  }
  for (const words of wrapWords(names.join(', '), 58)) say(`  ${words}`)
  return interview.choose('Mail program', names, 'none')
}

function hostsOf({ SMTP: smtp, IMAP: imap }: MailServers): Partial<MailHosts> {
  return { ...(smtp === undefined ? {} : { smtp }), ...(imap === undefined ? {} : { imap }) }
}

function likelyHosts(user: string): MailHosts {
  const domain = domainOf(user)
  return { smtp: `smtp.${domain}`, imap: `imap.${domain}` }
}

function askService(interview: Interview, user: string): Promise<MailServiceName> {
  for (const name of serviceNames) say(`  ${name.padEnd(11)}${findService(name).help}`)
  return interview.choose('Where is the mailbox', serviceNames, likelyService(user))
}

async function askAccount(
  interview: Interview,
  user: string,
  service: MailServiceName,
): Promise<NewAccount> {
  const { registration, secret, appOnly } = findService(service)
  const isCompany = appOnly !== undefined && likelyService(user) !== 'gmail'
  const isAppOnly =
    isCompany && (await interview.choose('Who signs in', ['person', 'app'], 'person')) === 'app'
  if (isAppOnly && appOnly === 'service_account') {
    const serviceAccountFile = await askKeyFile(interview)
    return { service, isAppOnly, clientId: '', serviceAccountFile }
  }
  const server = service === 'other' ? await askServer(interview, isAppOnly) : {}
  say(`  A client ID comes from\n  ${registration}.`)
  const clientId = await askClientId(interview, service)
  const tenant =
    service === 'office365' ? { tenant: await askTenant(interview, domainOf(user)) } : {}
  const wanted = isAppOnly ? 'needed' : secret
  const given = wanted === 'none' ? '' : await askSecret(interview, wanted === 'needed')
  return {
    service,
    isAppOnly,
    clientId,
    ...server,
    ...tenant,
    ...(given === '' ? {} : { secret: given }),
  }
}

async function askClientId(interview: Interview, service: MailServiceName): Promise<string> {
  const { clientId: known } = findService(service)
  for (;;) {
    const clientId = await interview.ask({
      text: 'Client ID, or nothing to fill it in later',
      read: (answer) =>
        /\s/.test(answer) ? { problem: 'it has no blanks in it' } : { value: answer },
    })
    if (clientId === '' || known === undefined || known.isOne(clientId)) return clientId
    say(`  That does not look like one: it is like ${known.example}`)
    if ((await interview.choose('Take it all the same', ['yes', 'no'], 'no')) === 'yes') {
      return clientId
    }
  }
}

function askTenant(interview: Interview, domain: string): Promise<string> {
  return interview.ask({
    text: 'Tenant: a domain of the organization, or its ID',
    fallback: domain,
    read: (answer) =>
      /^[a-z0-9.-]+$/i.test(answer) ? { value: answer } : { problem: `it is like ${domain}` },
  })
}

async function askServer(
  interview: Interview,
  isAppOnly: boolean,
): Promise<Pick<NewAccount, 'issuer' | 'scopes'>> {
  const issuer = await interview.ask({
    text: 'Issuer of the tokens, a URL',
    read: (answer) =>
      URL.canParse(answer) && new URL(answer).protocol === 'https:'
        ? { value: answer }
        : { problem: 'it looks like https://login.example.org' },
  })
  const scopes = await interview.ask({
    text: 'Scopes, with that for mail',
    fallback: isAppOnly ? 'mail' : 'openid email offline_access',
    read: (answer) => ({ value: answer.split(/[\s,]+/) }),
  })
  return { issuer, scopes }
}

function askSecret(interview: Interview, isNeeded: boolean): Promise<string> {
  const without = isNeeded ? 'or nothing to put it there later' : 'or nothing where there is none'
  return interview.ask({
    text: `Client secret (it does not show), ${without}`,
    isSecret: true,
    read: (answer) => ({ value: answer }),
  })
}

function askKeyFile(interview: Interview): Promise<string> {
  return interview.ask({
    text: 'JSON key file of the service account',
    read: (answer) => {
      const path = answer.replace(/^~(?=\/)/, homedir())
      const problem = problemOfKeyFile(path)
      return problem === undefined ? { value: path } : { problem }
    },
  })
}

function problemOfKeyFile(path: string): string | undefined {
  try {
    const { client_email: email, private_key: key } = JSON.parse(
      readFileSync(path, 'utf8'),
    ) as Record<string, unknown>
    const change = excessOf(statSync(path), 'secret')
    if (change !== undefined) {
      return `others may read it: run "chmod ${change} ${shellWord(path)}" first`
    }
    if (typeof email === 'string' && typeof key === 'string') return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== undefined) return `"${path}" cannot be read: ${withErrnoWords(code)}`
  }
  return `"${path}" is not the key file of a service account`
}

/** Asks for the servers of the protocols that are needed; the others are guessed. */
async function askHosts(
  interview: Interview,
  user: string,
  wanted: readonly Protocol[] = ['SMTP', 'IMAP'],
): Promise<MailHosts> {
  const { smtp, imap } = likelyHosts(user)
  const ask = async (text: string, fallback: string, protocol: Protocol) => {
    if (!wanted.includes(protocol)) return fallback
    return interview.ask({ text, fallback, read: (answer) => readServer(answer, protocol) })
  }
  return {
    smtp: await ask('Server to send by, HOST or HOST:PORT', smtp, 'SMTP'),
    imap: await ask('Server to read from, HOST or HOST:PORT', imap, 'IMAP'),
  }
}

function readServer(answer: string, protocol: Protocol) {
  try {
    const server = parseServer(answer, protocol)
    return { value: server.isImplicitTls ? `${writeServer(server)}/tls` : writeServer(server) }
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    return { problem: `${error.message}: ${error.hint}` }
  }
}
