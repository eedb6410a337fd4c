/**
 * Whose mailboxes mail programs reach with a password alone. Not a preset: somebody who asks for one is
 * told. To add one: a row with the page of the provider that says how mail programs log in.
 */
interface WithoutOauth {
  name: string
  /** As in MailService. */
  domains: readonly string[]
  /** What it calls the password. */
  password: string
  /** The page that says how it is made: our source too. */
  page: string
}

/** By the names that somebody may try as a preset. */
export const withoutOauth: Readonly<Record<string, WithoutOauth>> = {
  gmx: {
    name: 'GMX',
    domains: ['gmx.*'],
    password: 'an application-specific password',
    page: 'https://hilfe.gmx.net/sicherheit/2fa/anwendungsspezifisches-passwort.html',
  },
  webde: {
    name: 'WEB.DE',
    domains: ['web.de'],
    password: 'an application-specific password',
    page: 'https://web.de/email/sicherheit/zwei-faktor-authentifizierung',
  },
  icloud: {
    name: 'iCloud',
    domains: ['icloud.com', 'me.com', 'mac.com'],
    password: 'an app-specific password',
    page: 'https://support.apple.com/102525',
  },
}

/** The one that is meant by the name of a preset, `web.de` as well as `webde`; undefined: none. */
export function findWithoutOauth(preset: string): WithoutOauth | undefined {
  const name = preset.toLowerCase().replaceAll(/[^a-z]/g, '')
  return Object.hasOwn(withoutOauth, name) ? withoutOauth[name] : undefined
}

/** What they all have in common, after a name. */
export const offersNoOauth = 'does not offer OAuth to mail programs'

/** What a person does there instead. */
export function insteadOfOauth({ password, page }: WithoutOauth): string {
  return `give the mail program ${password} instead, see ${page}`
}
