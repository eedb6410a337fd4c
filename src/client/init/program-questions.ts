/** What program the mail is for, and what that needs to be known. */
import { wrapWords } from '../../command-line/option-table.ts'
import { isAddress } from '../../configuration/address.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { isCmsOauthError } from '../../errors.ts'
import { parseServer, writeServer } from '../../mail/mail-server.ts'
import type { MailServers } from '../../provider-facts/mail-service.ts'
import { domainOf } from '../../provider-facts/mail-services.ts'
import { type Protocol, protocols } from '../../sasl/output-format.ts'
import { say } from '../terminal.ts'
import type { Answers, BridgeAnswers, MailHosts } from './answers.ts'
import { askDevice } from './device-questions.ts'
import type { Interview } from './interview.ts'
import { findProgram, mailProgramNames } from './mail-programs.ts'
import {
  findPasswordProgram,
  type PasswordProgramName,
  passwordPrograms,
} from './password-programs.ts'

const programNames = [...mailProgramNames, 'none'] as const
const passwordProgramNames = Object.keys(passwordPrograms) as PasswordProgramName[]
const listWidth = 58

/** What is known of the mailbox. */
interface Mailbox {
  user: string
  /** Undefined: of a service that is not known. */
  servers: MailServers | undefined
  /** True if it is to be configured now. */
  isNew: boolean
  /** Those that are configured. */
  bridges: readonly BridgeConfiguration[]
}

/** The program and its servers; those of the service that are not known are asked for. */
export async function askProgram(
  interview: Interview,
  { user, servers, isNew, bridges }: Mailbox,
): Promise<Pick<Answers, 'program' | 'hosts' | 'bridge' | 'noticeTo'>> {
  say('  yes      it takes a token: msmtp, git send-email, mutt, Emacs, exim')
  say('  no       it knows only passwords: devices, dma, sSMTP, fetchmail')
  // An account that may only send is one of its own: programs would lose one that they have.
  const words = isNew ? (['yes', 'no', 'notices'] as const) : (['yes', 'no'] as const)
  if (isNew) say('  notices  no program, only mail from this machine (cron, disks)')
  const knows = await interview.choose('Does your program know OAuth', words, 'yes')
  if (knows === 'no') {
    const bridge = await askPasswordProgram(interview, { user, servers, isNew, bridges })
    return { program: 'none', hosts: await askHosts(interview, { user, servers }, []), bridge }
  }
  if (knows === 'notices') {
    const noticeTo = await askNoticeTo(interview)
    const hosts = await askHosts(interview, { user, servers }, ['SMTP'])
    return { program: 'none', hosts, noticeTo }
  }
  return askServers(interview, { user, servers, program: await askMailProgram(interview, servers) })
}

/** The servers of a program that takes tokens; those of the service that are not known are asked for. */
export async function askServers(
  interview: Interview,
  { user, servers, program }: Pick<Mailbox, 'user' | 'servers'> & Pick<Answers, 'program'>,
): Promise<Pick<Answers, 'program' | 'hosts'>> {
  const wanted = program === 'none' ? undefined : findProgram(program).protocols
  return { program, hosts: await askHosts(interview, { user, servers }, wanted) }
}

function askNoticeTo(interview: Interview): Promise<string> {
  return interview.ask({
    text: 'Who gets the notices',
    read: (answer) =>
      isAddress(answer) ? { value: answer } : { problem: 'it looks like me@domain.com' },
  })
}

/** Those programs that need no more than what takes tokens there. */
async function askMailProgram(interview: Interview, servers: MailServers | undefined) {
  const missing = missingIn(servers)
  const names = programNames.filter((name) => {
    return name === 'none' || !findProgram(name).protocols.some((each) => missing.includes(each))
  })
  if (names.length < programNames.length) tellMissing(missing)
  sayList(names)
  return interview.choose('Mail program', names, 'none')
}

async function askPasswordProgram(
  interview: Interview,
  { user, servers, bridges }: Mailbox,
): Promise<BridgeAnswers> {
  const missing = missingIn(servers)
  const names = passwordProgramNames.filter((name) => {
    return !missing.includes(findPasswordProgram(name).protocol)
  })
  if (names.length < passwordProgramNames.length) tellMissing(missing)
  sayList(names)
  const fallback = names.find((name) => name.startsWith('other-')) ?? 'other-smtp'
  const program = await interview.choose('Mail program', names, fallback)
  const { protocol } = findPasswordProgram(program)
  const served = bridges.filter((bridge) => bridge.protocol === protocol)
  const known = served.flatMap(({ accounts }) => accounts).find((account) => account.user === user)
  const isKnown = servers !== undefined || known !== undefined
  const server = isKnown ? {} : { server: await askServerOf(interview, user, protocol) }
  const device = program === 'device' ? { device: await askDevice(interview) } : {}
  return { program, ...server, ...device }
}

function missingIn(servers: MailServers | undefined): Protocol[] {
  return servers === undefined ? [] : protocols.filter((name) => !(name in servers))
}

function tellMissing(missing: readonly Protocol[]): void {
  say(`  This service does not offer OAuth for ${missing.join(' and ')}: a program that needs it`)
  say('  logs in with an app password there. Programs that need none of it:')
}

function sayList(names: readonly string[]): void {
  for (const words of wrapWords(names.join(', '), listWidth)) say(`  ${words}`)
}

function likelyHost(user: string, protocol: Protocol): string {
  return `${protocol.toLowerCase()}.${domainOf(user)}`
}

/** The servers, where they are known; asks for those of the protocols that are needed, and guesses the others. */
async function askHosts(
  interview: Interview,
  { user, servers }: Pick<Mailbox, 'user' | 'servers'>,
  wanted: readonly Protocol[] = ['SMTP', 'IMAP'],
): Promise<MailHosts> {
  const hostOf = (protocol: Protocol) =>
    servers === undefined && wanted.includes(protocol)
      ? askServerOf(interview, user, protocol)
      : (servers?.[protocol] ?? likelyHost(user, protocol))
  return { smtp: await hostOf('SMTP'), imap: await hostOf('IMAP') }
}

const serverQuestions: Record<Protocol, string> = {
  SMTP: 'Server to send by, HOST or HOST:PORT',
  IMAP: 'Server to read from, HOST or HOST:PORT',
  POP: 'Server to fetch from by POP, HOST or HOST:PORT',
}

function askServerOf(interview: Interview, user: string, protocol: Protocol): Promise<string> {
  return interview.ask({
    text: serverQuestions[protocol],
    fallback: likelyHost(user, protocol),
    read: (answer) => readServer(answer, protocol),
  })
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
