import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { shellWord } from '../../command-line/shell-word.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { excessOf } from '../../files/file-rules.ts'
import { domainOf, findService, type MailServiceName } from '../../provider-facts/mail-services.ts'
import { isTenant } from '../../provider-facts/microsoft.ts'
import { say } from '../terminal.ts'
import type { NewAccount } from './answers.ts'
import { askLikely } from './ask-likely.ts'
import type { Interview } from './interview.ts'
import { likelyService } from './likely-service.ts'

/** Asks for what the service knows the application by, and the account. @throws UsageError where the answers end */
export async function askAccount(
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
  say(`  A client ID comes from ${registration}.`)
  const clientId = await askClientId(interview, service)
  const tenant =
    service === 'office365' ? { tenant: await askTenant(interview, domainOf(user)) } : {}
  const wanted = isAppOnly ? 'needed' : secret
  const clientSecret = wanted === 'none' ? '' : await askSecret(interview, wanted === 'needed')
  return {
    service,
    isAppOnly,
    clientId,
    ...server,
    ...tenant,
    ...(clientSecret === '' ? {} : { secret: clientSecret }),
  }
}

function askClientId(interview: Interview, service: MailServiceName): Promise<string> {
  const { clientId: known } = findService(service)
  return askLikely(interview, {
    text: 'Client ID, or nothing to fill it in later',
    read: (answer) =>
      /\s/.test(answer) ? { problem: 'it has no blanks in it' } : { value: answer },
    isLikely: (answer) => answer === '' || known === undefined || known.isOne(answer),
    example: known?.example ?? '',
  })
}

function askTenant(interview: Interview, domain: string): Promise<string> {
  const isOne = isTenant(domain)
  const example = `${isOne ? domain : 'domain.com'}, or like 01234567-89ab-cdef-0123-456789abcdef`
  return askLikely(interview, {
    text: 'Tenant: a domain of the organization, or its ID',
    ...(isOne ? { fallback: domain } : {}),
    read: (answer) =>
      /^[a-z0-9.-]+$/i.test(answer) ? { value: answer } : { problem: `it is like ${example}` },
    isLikely: isTenant,
    example,
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
