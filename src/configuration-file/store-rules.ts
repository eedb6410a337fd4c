/** Rules that concern several keys of [store]. */
import type { StoreKeys } from './store-keys.ts'

type Refuse = (key: keyof StoreKeys, message: string) => void

const keyPlaces = ['key_file', 'key_credential', 'key_command'] as const
const passwordKeys = ['password_file', 'password_command', 'password_credential'] as const
const tokenKeyKeys = ['token_key_file', 'token_key_command', 'token_key_credential'] as const
const certificateKeys = ['certificate_file', 'certificate_key_file'] as const
/** All that only an engine has. */
const engineKeys = [
  'endpoints',
  'ca_file',
  ...certificateKeys,
  'user',
  ...passwordKeys,
  'prefix',
  'role',
  ...tokenKeyKeys,
] as const

/** Refuses keys that contradict each other, or that require another one. */
export function checkStore(store: StoreKeys, refuse: Refuse): void {
  if (store.kind === 'etcd') checkEngine(store, refuse)
  else for (const key of presentKeys(store, engineKeys)) refuse(key, 'requires kind = "etcd"')
  if (store.role === 'serve') refuseGrantKey(store, refuse)
  else checkGrantKey(store, refuse)
}

function checkGrantKey(store: StoreKeys, refuse: Refuse): void {
  const { key = 'file' } = store
  for (const place of presentKeys(store, keyPlaces)) {
    if (place !== `key_${key}`) refuse(place, `requires key = "${place.slice('key_'.length)}"`)
  }
  if (key === 'command' && store.key_command === undefined) {
    refuse('key', '"command" needs key_command = ["program", "argument"]')
  }
}

function refuseGrantKey(store: StoreKeys, refuse: Refuse): void {
  for (const key of presentKeys(store, ['key', ...keyPlaces])) {
    refuse(key, 'cannot be combined with role = "serve": such a host has no key of sign-ins')
  }
}

function checkEngine(store: StoreKeys, refuse: Refuse): void {
  if (store.endpoints === undefined) refuse('endpoints', 'is required with kind = "etcd"')
  for (const keys of [passwordKeys, tokenKeyKeys]) {
    const [first, second] = presentKeys(store, keys)
    if (second !== undefined) refuse(second, `cannot be combined with "${first}"`)
  }
  if (presentKeys(store, tokenKeyKeys).length === 0) {
    const needed = `kind = "etcd" needs ${tokenKeyKeys.join(', ')}`
    refuse('token_key_credential', `is missing: ${needed.replace(/, (?=\w+$)/, ' or ')}`)
  }
  const [password] = presentKeys(store, passwordKeys)
  if (store.user === undefined && password !== undefined) refuse(password, 'requires "user"')
  if (store.user !== undefined && password === undefined) {
    refuse('user', 'needs password_credential, password_file or password_command')
  }
  const [certificate, ...others] = presentKeys(store, certificateKeys)
  if (certificate !== undefined && others.length === 0) {
    refuse(certificate, `needs ${certificateKeys.find((key) => key !== certificate)}`)
  }
}

function presentKeys<K extends keyof StoreKeys>(store: StoreKeys, keys: readonly K[]): K[] {
  return keys.filter((key) => store[key] !== undefined)
}
