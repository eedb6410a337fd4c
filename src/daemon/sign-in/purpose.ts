import type { Account } from '../../accounts/account.ts'

/** What a page says about who gets access by a sign-in. */
interface Purpose {
  /** Before the sign-in. */
  asked: string
  /** After the access was lost. {provider}: who no longer gives it. */
  lost: string
  /** After the sign-in. */
  given: string
  /** Where there is access already. {user}: to which mailbox. */
  there: string
}

const ofMailPrograms: Purpose = {
  asked: 'Your mail programs get access through cms-oauth, which never sees your password.',
  lost: '{provider} no longer gives your mail programs access to this mailbox. After a new sign-in they go on automatically.',
  given: 'Your mail programs can use this mailbox now. cms-oauth renews the access automatically.',
  there: 'Your mail programs have access to {user} already.',
}

const ofAnOutbox: Purpose = {
  asked:
    'This machine will send notices from this address. cms-oauth cannot read the mailbox, and never sees your password.',
  lost: '{provider} no longer allows this machine to send notices from this address. After a new sign-in those that wait are sent automatically.',
  given:
    'This machine can send notices from this address now. cms-oauth renews the access automatically.',
  there: 'This machine can send notices from {user} already.',
}

const ofBoth: Purpose = {
  ...ofMailPrograms,
  asked:
    'Your mail programs get access through cms-oauth, and this machine will send notices from this address. cms-oauth never sees your password.',
  lost: '{provider} no longer gives your mail programs access to this mailbox, or no longer allows this machine to send notices from its address. After a new sign-in both go on automatically.',
  given:
    'Your mail programs can use this mailbox now, and this machine can send notices from its address. cms-oauth renews the access automatically.',
}

/** The sentences for mail programs, for both, or for an account that only an outbox sends with. */
export function purposeOf({
  sendsBy,
  isSentWith,
}: Pick<Account, 'sendsBy' | 'isSentWith'>): Purpose {
  if (sendsBy !== undefined) return ofAnOutbox
  return isSentWith === true ? ofBoth : ofMailPrograms
}
