import type { MailStep } from '../support/mail-server.ts'

/** What a submission server says first, up to the EHLO. */
export const greeting: MailStep[] = [
  { say: '220 mail.example ESMTP\r\n' },
  { hear: /^EHLO [\w.-]+$/ },
]
/** Up to the STARTTLS. */
export const consent: MailStep[] = [
  ...greeting,
  { say: '250-mail.example\r\n250-SIZE 1000\r\n250 STARTTLS\r\n' },
  { hear: /^STARTTLS$/ },
]

/** Up to the capabilities that it tells inside of TLS. */
export function inTls(capability: string): MailStep[] {
  return [
    ...consent,
    { say: '220 go ahead\r\n' },
    { tls: true },
    { hear: /^EHLO / },
    { say: `250-mail.example\r\n250 ${capability}\r\n` },
  ]
}

/** Up to the credential. */
export function asked(mechanism = 'XOAUTH2'): MailStep[] {
  return [
    ...inTls(`AUTH ${mechanism}`),
    { hear: new RegExp(`^AUTH ${mechanism}$`) },
    { say: '334 \r\n' },
    { hear: /^[\w+/=]+$/ },
  ]
}
