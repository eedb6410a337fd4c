import type { SubmissionRules } from './outbox-configuration.ts'

/**
 * What an outbox answers to EHLO after its name. SMTPUTF8, DSN and CHUNKING are not among it: no API knows
 * them. One that cuts what is too large says no size (RFC 1870 section 3), else programs would keep such
 * mail back.
 */
export function outboxExtensions({
  maxSize,
  tooLarge,
}: Pick<SubmissionRules, 'maxSize' | 'tooLarge'>): string[] {
  const size = tooLarge === 'cut' ? 0 : maxSize
  return [`SIZE ${size}`, '8BITMIME', 'PIPELINING', 'ENHANCEDSTATUSCODES']
}
