import type { CmsOauthError } from '../errors.ts'

/** Replies have at most 512 bytes, with a code before it (RFC 5321 section 4.5.3.1.5). */
const longest = 400

/** What is wrong and what to do, on one line of ASCII. */
export function adviceOf({ message, hint }: CmsOauthError): string {
  const text = hint === '' ? message : `${message}; ${hint}`
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^ -~]/g, '?')
    .slice(0, longest)
}
