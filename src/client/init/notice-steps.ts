import type { NewAccount } from './answers.ts'
import type { MailServiceName } from '../../provider-facts/mail-services.ts'

const ofMicrosoft =
  'give the app the delegated permission Mail.Send of Microsoft Graph, and no other for mail'
const ofGmail =
  'give the app the scope https://www.googleapis.com/auth/gmail.send, and no other for mail'

/** What the app may do, where the service has a permission that sends and cannot read. */
const permissions: Partial<Record<MailServiceName, string>> = {
  office365: ofMicrosoft,
  outlook: ofMicrosoft,
  gmail: ofGmail,
}

/** What a person does besides, for an outbox that sends by an account of this service; a known one has its app. */
export function noticeSteps(service: MailServiceName, account: NewAccount | undefined): string[] {
  const isOfPerson = account?.isAppOnly === false
  const permission = isOfPerson ? permissions[service] : undefined
  return [
    ...(permission === undefined ? [] : [permission]),
    'make it the sendmail of programs: sudo cms-oauth sendmail --install /usr/local/sbin',
    '("cms-oauth doctor" says what those need that call /usr/sbin/sendmail)',
    'for services and other users of this machine see the README: their outbox is set up as root',
  ]
}
