import { isAddress } from '../../configuration/address.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import {
  domainOf,
  findService,
  type MailServiceName,
  mailServices,
  withoutOauthAt,
} from '../../provider-facts/mail-services.ts'
import { insteadOfOauth, offersNoOauth } from '../../provider-facts/without-oauth.ts'
import { serversOf, serviceOf } from '../../accounts/service-of.ts'
import { say } from '../terminal.ts'
import { askAccount } from './account-questions.ts'
import type { Answers } from './answers.ts'
import { askLikely } from './ask-likely.ts'
import type { Interview } from './interview.ts'
import { likelyService } from './likely-service.ts'
import { isForSystem, type MailProgramName } from './mail-programs.ts'
import { askProgram, askServers } from './program-questions.ts'

const example = 'user@domain.com'
const serviceNames = Object.keys(mailServices) as MailServiceName[]

/** What an earlier `init` has written for the daemon of the system. */
export interface SystemDraft {
  file: string
  configuration: Configuration
  program: MailProgramName
}

/**
 * Asks for everything that is needed, and nothing else. @throws UsageError where the answers end
 */
export async function askAll(
  interview: Interview,
  configuration: Configuration | undefined,
  systemDraft?: SystemDraft,
): Promise<Answers> {
  const user = await askLikely(interview, {
    text: 'Address of the mailbox',
    read: (answer) => readAddress(answer, find(answer, configuration) !== undefined),
    isLikely: (answer) =>
      find(answer, configuration) !== undefined || domainOf(answer).includes('.'),
    example,
  })
  const known = find(user, configuration)
  if (known === undefined && systemDraft !== undefined) {
    const again = await askAgain(interview, user, systemDraft)
    if (again !== undefined) return again
  }
  if (known !== undefined) say(`  ${user} is in the configuration already.`)
  const service = known === undefined ? await askService(interview, user) : serviceOf(known)
  const ask = () => askAccount(interview, user, service)
  const asked = known === undefined ? await ask() : undefined
  const servers = known === undefined ? findService(service).servers : serversOf(known)
  const bridges = configuration?.bridges ?? []
  const chosen = await askProgram(interview, { user, servers, isNew: known === undefined, bridges })
  // The system's daemon does not read the configuration that the account is in.
  const isElsewhere = isForSystem(chosen) && find(user, systemDraft?.configuration) === undefined
  const account = asked ?? (isElsewhere ? await ask() : undefined)
  return { user, service, ...chosen, ...(account === undefined ? {} : { account }) }
}

function find(user: string, configuration: Configuration | undefined) {
  return configuration?.accounts.find((account) => account.user === user)
}

/** For the system's daemon nothing but its program is left to ask; undefined: it is not meant. */
async function askAgain(
  interview: Interview,
  user: string,
  { file, configuration, program }: SystemDraft,
): Promise<Answers | undefined> {
  const known = find(user, configuration)
  if (known === undefined) return undefined
  say(`  ${user} is in ${file} already.`)
  const isMeant = await interview.choose(`Is it for ${program} again`, ['yes', 'no'], 'yes')
  if (isMeant === 'no') return undefined
  const chosen = await askServers(interview, { user, servers: serversOf(known), program })
  return { user, service: serviceOf(known), ...chosen }
}

/** It goes into file names, and into commands that shells run. */
function readAddress(answer: string, isKnown: boolean) {
  if (!isAddress(answer)) return { problem: `it looks like ${example}` }
  if (!/^[\w.+=~-]+@[\w.-]+$/.test(answer)) {
    return { problem: 'one with such characters is configured by hand' }
  }
  const without = withoutOauthAt(answer)
  if (without === undefined || isKnown) return { value: answer }
  return { problem: `${without.name} ${offersNoOauth}: ${insteadOfOauth(without)}` }
}

function askService(interview: Interview, user: string): Promise<MailServiceName> {
  for (const name of serviceNames) say(`  ${name.padEnd(11)}${findService(name).help}`)
  return interview.choose('Where is the mailbox', serviceNames, likelyService(user))
}
