/** What `init` is going to do with the answers; of the machine it knows only `facts`. */
import { basename, dirname, join } from 'node:path'
import type { Configuration } from '../../configuration/configuration.ts'
import { parseServer, type MailServer } from '../../mail/mail-server.ts'
import { findService } from '../../provider-facts/mail-services.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import type { Answers } from './answers.ts'
import type { BridgePlace } from './bridge-place.ts'
import { bridgeText } from './bridge-text.ts'
import { accountText, configurationText, socketText } from './configuration-text.ts'
import { type Filling, fillExample } from './fill-example.ts'
import { outboxText } from './outbox-text.ts'
import { noticeSteps } from './notice-steps.ts'
import { findProgram, type MailProgram, type ProgramFile } from './mail-programs.ts'
import { findPasswordProgram } from './password-programs.ts'

/** What the plan has to know about the machine. */
export interface MachineFacts {
  home: string
  configFile: string
  /** Absent: the file is not there yet. */
  existing?: { text: string; configuration: Configuration }
  /** Where a program that knows only passwords logs in. */
  bridgePlace?: BridgePlace | undefined
  /** The socket that cms-oauth asks. */
  tokenSocket: string
  hasNotifier: boolean
  /** How `cms-oauth` is called. */
  client: string
  /** Of whoever sends, for a program that shows it; empty: not known. */
  personName: string
  /** Undefined if there is no such file. */
  readFile: (path: string) => string | undefined
  readExample: (name: string) => string
}

/** A file to be written. */
export interface PlannedFile {
  path: string
  text: string
  /** What a person has to do with it; empty: nothing, it is in its place. */
  advice: string
  /** True if it exists already with exactly this text. */
  isThere: boolean
}

/** What is going to be done. */
export interface Plan {
  configFile: string
  /** Text to add to the configuration, or all of it; empty: nothing is missing. */
  configuration: string
  isNew: boolean
  secret?: { path: string; text: string }
  files: readonly PlannedFile[]
  /** Further lines for a person. */
  besides: readonly string[]
  /** Logins at the mail server; none where the program logs in through a bridge. */
  tests: readonly { protocol: Protocol; server: MailServer }[]
  /** Who gets a test notice; absent: none is sent. */
  noticeTo?: string
  /** Where the program logs in; absent: it asks for its tokens. */
  bridgePlace?: BridgePlace
  /** True if something is left to be filled in. */
  isIncomplete: boolean
  /** The configuration has had other accounts before. */
  isOneOfMany: boolean
  /** True for the system's daemon, which only root can set up. */
  isOfSystem: boolean
}

const eximSocket = '/run/cms-oauth/exim.sock'

/** Decides every file, its place and its text. @throws UsageError for a server that cannot be one */
export function makePlan(answers: Answers, facts: MachineFacts): Plan {
  const { user, account, bridge, noticeTo } = answers
  const { bridgePlace } = facts
  const { files, protocols, besides = [], isOfSystem = false } = programOf(answers)
  const directory = dirname(facts.configFile)
  const filling = fillingOf(answers, facts)
  const planned = files.map((file) => {
    const example = facts.readExample(file.example)
    const text = file.isLibrary === true ? example : fillExample(example, filling)
    return placeFile({ file, text, directory, user, facts })
  })
  const secretName = `${user}.secret`
  const secretPath = join(isOfSystem ? '/etc/cms-oauth' : directory, secretName)
  // What was asked again is there already.
  const known = (facts.existing?.configuration.accounts ?? []).map((each) => each.user)
  const isThere = known.includes(user)
  const text = account === undefined || isThere ? '' : accountText({ user, account, secretPath })
  const secret = isThere ? undefined : account?.secret
  const isNeeded = bridge !== undefined && bridgePlace?.isThere === false
  const table = isNeeded ? bridgeText(user, bridge, bridgePlace) : outboxOf(answers)
  const isServed = bridge === undefined && noticeTo === undefined
  const sockets = isServed && !isOfSystem ? missingSockets(user, protocols, facts) : []
  return {
    configFile: facts.configFile,
    configuration: addition([text, table], protocols, isOfSystem, facts),
    isNew: facts.existing === undefined,
    ...(secret === undefined
      ? {}
      : { secret: { path: join(directory, secretName), text: `${secret}\n` } }),
    files: planned,
    besides: [...besides.map((line) => fillLine(line, filling)), ...sockets],
    ...(bridgePlace === undefined ? {} : { bridgePlace }),
    ...(noticeTo === undefined ? {} : { noticeTo }),
    tests: bridge === undefined ? protocols.map((name) => testOf(name, filling)) : [],
    isIncomplete: text.includes('# EDIT'),
    isOneOfMany: known.some((each) => each !== user),
    isOfSystem,
  }
}

function testOf(protocol: Protocol, { smtp, imap }: Filling) {
  return { protocol, server: protocol === 'SMTP' ? smtp : imap }
}

/** Empty: none is wanted. */
function outboxOf({ user, service, hosts, noticeTo }: Answers): string {
  if (noticeTo === undefined) return ''
  const smtp = service === 'other' ? { smtp: hosts.smtp } : {}
  return outboxText({ user, noticeTo, ...smtp })
}

function programOf({ program, service, account, bridge, noticeTo }: Answers): MailProgram {
  if (noticeTo !== undefined)
    return { files: [], protocols: [], besides: noticeSteps(service, account) }
  if (bridge !== undefined) {
    return { files: [], protocols: [findPasswordProgram(bridge.program).protocol] }
  }
  if (program !== 'none') return findProgram(program)
  const { servers } = findService(service)
  const usual = ['SMTP', 'IMAP'] as const
  return { files: [], protocols: usual.filter((name) => servers === undefined || name in servers) }
}

function fillingOf(
  { user, service, hosts }: Answers,
  { client, personName }: MachineFacts,
): Filling {
  return {
    user,
    personName,
    client,
    smtp: parseServer(hosts.smtp, 'SMTP'),
    imap: parseServer(hosts.imap, 'IMAP'),
    name: service === 'other' ? 'mail' : service,
    socketPath: eximSocket,
  }
}

function fillLine(line: string, { user, smtp }: Filling): string {
  const type = smtp.isImplicitTls ? "'ssl" : "'starttls"
  return line
    .replaceAll('USER', user)
    .replaceAll('HOST', smtp.host)
    .replaceAll('PORT', String(smtp.port))
    .replaceAll("'starttls", type)
}

interface Placing {
  file: ProgramFile
  text: string
  directory: string
  user: string
  facts: MachineFacts
}

/** In its proper place if nothing is there, else beside the configuration, with advice. */
function placeFile({ file, text, directory, user, facts }: Placing): PlannedFile {
  const name = basename(file.example)
  const place = file.place?.replace(/^~/, facts.home)
  if (place !== undefined) {
    const found = facts.readFile(place)
    const isThere = found === text
    if (found === undefined || isThere) return { path: place, text, advice: '', isThere }
  }
  const path = join(directory, place === undefined ? name : `${name}-${user}`)
  const isThere = facts.readFile(path) === text
  const advice = file.otherwise.replaceAll('FILE', path)
  if (place === undefined) return { path, text, advice, isThere }
  return { path, text, advice: `${file.place} is there already: ${advice}`, isThere }
}

function addition(
  [account, bridge]: readonly [account: string, bridge: string],
  protocols: readonly Protocol[],
  isOfSystem: boolean,
  { existing, hasNotifier }: MachineFacts,
): string {
  const own = [`path = ${JSON.stringify(eximSocket)}`, 'reply = "xoauth2"']
  const isSending = protocols.length === 0 && bridge !== ''
  const all = [socketText(protocols), ...(isOfSystem ? [socketText(protocols, own)] : [])]
  const sockets = isSending ? [] : all
  if (existing === undefined) return configurationText({ account, sockets, bridge, hasNotifier })
  // Without a [[socket]] there is one, for SMTP alone.
  const isSilent = !/^\s*\[\[\s*socket\s*\]\]/m.test(existing.text)
  const isEnough = bridge !== '' || protocols.every((protocol) => protocol === 'SMTP')
  const parts = [account, isSilent && !isEnough ? sockets.join('\n') : '', bridge]
  return parts.filter((part) => part !== '').join('\n')
}

/** What an existing configuration does not serve yet: its tables are for its owner to change. */
function missingSockets(
  user: string,
  protocols: readonly Protocol[],
  { existing, tokenSocket }: MachineFacts,
): string[] {
  if (existing === undefined || !/^\s*\[\[\s*socket\s*\]\]/m.test(existing.text)) return []
  const asked = existing.configuration.sockets.find(({ path }) => path === tokenSocket)
  if (asked === undefined) {
    const table = socketText(protocols).trimEnd().replaceAll('\n', '   ')
    return [`no [[socket]] is where cms-oauth asks: add to the configuration: ${table}`]
  }
  const missing = protocols.filter((protocol) => !asked.protocols.includes(protocol))
  const isListed = asked.accounts === undefined || asked.accounts.includes(user)
  return [
    ...missing.map((protocol) => `add "${protocol}" to protocols of the [[socket]] of cms-oauth`),
    ...(isListed ? [] : [`add "${user}" to accounts of the [[socket]] of cms-oauth`]),
  ]
}

/** The ways to sign in at this service. */
export function waysToSignIn({ service }: Answers): readonly ('browser' | 'paste' | 'device')[] {
  return findService(service).hasDeviceCode ? ['browser', 'paste', 'device'] : ['browser', 'paste']
}
