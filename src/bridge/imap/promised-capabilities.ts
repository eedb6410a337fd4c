/**
 * What is said of the login, or holds only once the client is logged in. LITERAL- is the bridge's word;
 * after UNAUTHENTICATE the next login, with a password of the bridge, would go to the mail server.
 */
const withheld = [
  'IMAP4REV1',
  'SASL-IR',
  'STARTTLS',
  'LOGINDISABLED',
  'LITERAL+',
  'LITERAL-',
  'LOGIN-REFERRALS',
  'UNAUTHENTICATE',
]

/** More are not kept. */
const most = 100

/** Those of a mail server's capabilities before its login that may be promised, as it wrote them. */
export function promisedCapabilities(words: readonly string[]): string[] {
  return words
    .filter((word) => /^[!#$&',-[^-z|}~+]{1,64}$/.test(word) && !/^AUTH=/i.test(word))
    .filter((word) => !withheld.includes(word.toUpperCase()))
    .slice(0, most)
}
