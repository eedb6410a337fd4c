import { namesOf, presets } from '../provider-facts/providers.ts'

const microsoft =
  'outlook hotmail live msn microsoft microsoft365 office m365 o365 ms ms365 msal azure azuread aad entra entraid exchange exchangeonline graph'
const google = 'google googlemail gsuite googleworkspace workspace'

const written: ReadonlyMap<string, string> = new Map([
  ...microsoft.split(' ').map((name) => [name, 'office365'] as const),
  ...google.split(' ').map((name) => [name, 'gmail'] as const),
])

/** What another name of a provider is in a configuration: keys and values; undefined: it is not known. */
export function writtenFor(name: string): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const provider = written.get(plain)
  if (provider !== undefined) return `provider = "${provider}"`
  const preset = namesOf(presets).find((each) => each === plain)
  return preset === undefined ? undefined : `provider = "oidc" and preset = "${preset}"`
}
