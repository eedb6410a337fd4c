/** What servers say of one message, or of one recipient, after a login that was good. */
import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'

const googleCodes = 'https://support.google.com/a/answer/3726730'
const registry = 'RFC 5248, IANA registry of enhanced status codes'

const unknownRecipient = {
  isOfRecipient: true,
  endedBy: 'operator',
  meaning: 'the recipient is not known to the server',
  nextStep: 'correct the address of the recipient, or the alias that leads to it',
} as const

const tooLarge = {
  endedBy: 'operator',
  meaning: 'the message is larger than the server accepts',
  nextStep: 'send it without its attachment, or in parts',
} as const

const rows: readonly Omit<RefusalRow, 'protocols' | 'stages' | 'isOfMessage'>[] = [
  {
    code: '5',
    words:
      /user unknown|unknown user|no such (?:user|recipient)|recipient ?not ?found|(?:account|mailbox|address)[^.]* does not exist/i,
    ...unknownRecipient,
    example: '550 5.1.1 <x>: Recipient address rejected: User unknown',
    source: 'https://www.postfix.org/ADDRESS_VERIFICATION_README.html',
  },
  ...(['5.1.1', '5.1.2', '5.1.3'] as const).map((enhanced) => ({
    enhanced,
    ...unknownRecipient,
    example: `550 ${enhanced} Bad destination`,
    source: registry,
  })),
  {
    code: '5',
    words: /size (?:exceeds|limit)|exceeded[^.]* size|(?:message|mail) (?:is )?too (?:large|big)/i,
    ...tooLarge,
    example: "552 5.2.3 Your message exceeded Google's message size limits.",
    source: googleCodes,
  },
  ...(['5.2.3', '5.3.4'] as const).map((enhanced) => ({
    enhanced,
    ...tooLarge,
    example: `552 ${enhanced} No`,
    source: registry,
  })),
  {
    code: '5',
    words:
      /likely (?:unsolicited|spam)|suspicion of spam|considered spam|(?:spam|message|its) content|contains? (?:a )?(?:virus|spam)/i,
    endedBy: 'operator',
    meaning: 'the server takes the message for spam, or for a danger',
    nextStep: 'change its text, its links or its attachments',
    example:
      '552 5.7.0 This message was blocked because its content presents a potential security issue.',
    source: googleCodes,
  },
  {
    code: '5',
    words: /mailbox (?:is )?full|over ?quota|out of storage/i,
    isOfRecipient: true,
    endedBy: 'owner',
    meaning: 'a mailbox is full',
    nextStep: 'make room in the mailbox of the recipient, or in that of the sender',
    example: "552 5.2.2 The recipient's inbox is out of storage space.",
    source: googleCodes,
  },
  {
    code: '5',
    words: /RestrictedToRecipients|not authorized to send to the recipient/i,
    isOfRecipient: true,
    endedBy: 'operator',
    meaning: 'the recipient accepts mail only from some senders',
    nextStep: 'ask the owner of that address to allow this sender, or write to another address',
    example: '550 5.7.129 RESOLVER.RST.RestrictedToRecipientsPermission; not authorized',
    source:
      'https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online',
  },
  {
    code: '5',
    words: /hop count exceeded|mail loop|too many hops/i,
    endedBy: 'operator',
    meaning: 'the message goes round in circles',
    nextStep: 'remove the forwarding that leads back to where the message came from',
    example: '554 5.4.14 Hop count exceeded - possible mail loop',
    source: 'RFC 5321 section 6.3',
  },
  {
    enhanced: '5.7.26',
    endedBy: 'administrator',
    meaning: 'the domain in From does not say that this server may send for it',
    nextStep:
      'an administrator of the domain must add the SPF and DKIM records that the provider publishes',
    example: '550 5.7.26 This mail has been blocked because the sender is unauthenticated.',
    source: 'RFC 7372 section 3.3',
  },
]

/** Another message, or another recipient, may be accepted. */
export const anyMessage: readonly RefusalRow[] = rows.map((row) => ({
  protocols: ['SMTP'],
  stages: ['mail'],
  isOfMessage: true,
  ...row,
}))
