/** Every provider and preset that something is known of: the one list. */
import { aol } from './aol.ts'
import { fastmail } from './fastmail.ts'
import { google } from './google.ts'
import { mailRu } from './mail-ru.ts'
import { clouds, microsoft } from './microsoft.ts'
import type { ProviderFacts } from './provider-facts.ts'
import { yahoo } from './yahoo.ts'
import { yandex } from './yandex.ts'
import { zoho } from './zoho.ts'

/** What `preset` can be. */
export const presets = {
  fastmail,
  yahoo,
  aol,
  yandex,
  mailru: mailRu,
  zoho,
} as const satisfies Record<string, ProviderFacts>
export type PresetName = keyof typeof presets

/** What `cloud` can be: Microsoft's, and those of the presets. */
export const cloudNames = [...namesOf(clouds), ...namesOf(zoho.clouds)]
export type CloudName = (typeof cloudNames)[number]

/** The keys of a table. */
export function namesOf<K extends string>(table: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(table) as K[]
}

/** What `provider` can be. */
const providers: Record<'office365' | 'gmail' | 'oidc', ProviderFacts> = {
  office365: microsoft,
  gmail: google,
  oidc: { scopes: [], words: {} },
}

/** The facts of an account's provider; of any server only that nothing is known. */
export function factsOf(account: {
  provider: keyof typeof providers
  preset?: PresetName
}): ProviderFacts {
  const { provider, preset } = account
  return preset === undefined ? providers[provider] : presets[preset]
}

/** All that is known of anybody. */
export const everyFacts: readonly ProviderFacts[] = [
  ...Object.values(providers),
  ...Object.values(presets),
]

/** Asked for beside those for mail, under several names; a provider need not list them as granted. */
export const scopesForAll: ReadonlySet<string> = new Set([
  'openid',
  'email',
  'profile',
  'offline_access',
])
