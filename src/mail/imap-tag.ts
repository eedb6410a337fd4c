/** What a tag may be made of (RFC 9051 section 9). */
const form = /^[!#$&',-[\]^-z|}~]+$/

/** True for what may be the tag of a command. */
export function isImapTag(text: string): boolean {
  return form.test(text)
}
