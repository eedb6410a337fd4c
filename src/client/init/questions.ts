import { wrapWords } from '../../command-line/option-table.ts'
import { isAddress } from '../../configuration/address.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
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
import { askAccount } from './account-questions.ts'
import type { Answers, MailHosts } from './answers.ts'
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
