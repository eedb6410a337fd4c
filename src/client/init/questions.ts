import { isAddress } from '../../configuration/address.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import {
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
import type { Interview } from './interview.ts'
import { likelyService } from './likely-service.ts'
import { askProgram } from './program-questions.ts'

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
  const bridges = configuration?.bridges ?? []
  const chosen = await askProgram(interview, { user, servers, isNew: known === undefined, bridges })
  return { user, service, ...chosen, ...(account === undefined ? {} : { account }) }
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

function askService(interview: Interview, user: string): Promise<MailServiceName> {
  for (const name of serviceNames) say(`  ${name.padEnd(11)}${findService(name).help}`)
  return interview.choose('Where is the mailbox', serviceNames, likelyService(user))
}
