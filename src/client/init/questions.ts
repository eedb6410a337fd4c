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
import {
  domainOf,
  findService,
  type MailServiceName,
  mailServices,
} from '../../provider-facts/mail-services.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { serviceOf } from '../service-of.ts'
import { say } from '../terminal.ts'
import type { Answers, MailHosts, NewAccount } from './answers.ts'
import type { Interview } from './interview.ts'
import { likelyService } from './likely-service.ts'
import { findProgram, type MailProgramName, mailPrograms } from './mail-programs.ts'

const programNames = [...(Object.keys(mailPrograms) as MailProgramName[]), 'none'] as const
const serviceNames = Object.keys(mailServices) as MailServiceName[]

/** Asks for all that has to be known, and for no more. @throws UsageError where the answers end */
export async function askAll(
  interview: Interview,
  configuration: Configuration | undefined,
): Promise<Answers> {
  const user = await interview.ask({
    text: 'Address of the mailbox',
    read: readAddress,
  })
  const known = configuration?.accounts.find((account) => account.user === user)
  if (known !== undefined) say(`  ${user} is in the configuration already.`)
  const service = known === undefined ? await askService(interview, user) : serviceOf(known)
  const account = known === undefined ? await askAccount(interview, user, service) : undefined
  for (const words of wrapWords(programNames.join(', '), 58)) say(`  ${words}`)
  const program = await interview.choose('Mail program', programNames, 'none')
  const protocols = program === 'none' ? undefined : findProgram(program).protocols
  const { servers } = findService(service)
  const hosts =
    servers === undefined
      ? await askHosts(interview, user, protocols)
      : { smtp: servers.SMTP, imap: servers.IMAP }
  return { user, service, hosts, program, ...(account === undefined ? {} : { account }) }
}

/** It goes into file names, and into commands that shells run. */
function readAddress(answer: string) {
  if (!isAddress(answer)) return { problem: 'it looks like user@domain.com' }
  if (/^[\w.+=~-]+@[\w.-]+$/.test(answer)) return { value: answer }
  return { problem: 'one with such characters is configured by hand' }
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

/** Those of the protocols that are wanted; the others are the likely ones. */
async function askHosts(
  interview: Interview,
  user: string,
  protocols: readonly Protocol[] = ['SMTP', 'IMAP'],
): Promise<MailHosts> {
  const ask = async (text: string, name: string, protocol: Protocol) => {
    const fallback = `${name}.${domainOf(user)}`
    if (!protocols.includes(protocol)) return fallback
    return interview.ask({ text, fallback, read: (answer) => readServer(answer, protocol) })
  }
  return {
    smtp: await ask('Server to send by, HOST or HOST:PORT', 'smtp', 'SMTP'),
    imap: await ask('Server to read from, HOST or HOST:PORT', 'imap', 'IMAP'),
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
