const knownScopes: [RegExp, string][] = [
  [/SMTP\.Send$|protocol-smtp$|^mail-w$/, 'Send mail (SMTP)'],
  [/IMAP\.AccessAsUser\.All$|protocol-imap$|^mail-r$/, 'Read and change mail (IMAP)'],
  [/POP\.AccessAsUser\.All$|protocol-pop$/, 'Fetch mail (POP)'],
  [
    /^https:\/\/mail\.google\.com\/$/,
    'Read, send and delete mail: Google has no smaller permission for SMTP',
  ],
  [/^offline_access$/, 'Keep this access until you take it back'],
  [/^(openid|email|profile)$/, 'See whose mailbox it is'],
]

const always = ['Keep this access until you take it back', 'See whose mailbox it is']

/** What scopes allow, in words for a person; an unknown scope speaks for itself. */
export function describeScopes(scopes: readonly string[]): string[] {
  const words = scopes.map(
    (scope) => knownScopes.find(([pattern]) => pattern.test(scope))?.[1] ?? scope,
  )
  return [...new Set([...words.filter((word) => !always.includes(word)), ...always])]
}
