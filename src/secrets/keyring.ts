/**
 * The store's key in the keyring of a desktop session (Secret Service), by secret-tool(1). It is looked
 * for with "search": "lookup" says of a locked key that there is none, after a dialog has asked for
 * a password, and a service that is started again and again would open one after the other.
 */
import { randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { StoreLockedError, StoreUnreadableError } from '../errors.ts'
import { runSecretTool } from './secret-tool.ts'

/** Whose key is looked for, and how. */
export interface KeyringOptions {
  /** Tells the stores of one user apart. */
  stateDirectory: string
  /** Whether no record is sealed with another key yet: only then may a key be made. */
  isStoreEmpty: boolean
  env?: NodeJS.ProcessEnv
  /** Called once, with the reason, where a locked keyring holds us up. */
  onWaiting?: (reason: string) => void
  /** How long a locked keyring is waited for. */
  unlockLimitMs?: number
}

/** The keyring's entry of one store. */
interface Item {
  directory: string
  /** Names and values in turn, by which it is found. */
  attributes: string[]
  env: NodeJS.ProcessEnv
}

type Found = { state: 'unlocked'; key: string } | { state: 'locked' } | { state: 'missing' }

const defaultUnlockLimitMs = 10_000
const unlockPollMs = 1_000
const searchLimitMs = 20_000
/** The keyring may ask a person for its password, or for a new one. */
const storeLimitMs = 60_000

/**
 * The key's text; made and put there where there is none and nothing is sealed with another.
 * @throws StoreUnreadableError, and StoreLockedError while the keyring is locked
 */
export async function readKeyring(options: KeyringOptions): Promise<Buffer> {
  const { isStoreEmpty, env = process.env } = options
  const item = itemOf(realpathSync(options.stateDirectory), env)
  const found = await findUnlocked(item, options)
  if (found.state === 'unlocked') return Buffer.from(found.key)
  if (!isStoreEmpty) throw withoutKey(item)
  return Buffer.from(await make(item))
}

function itemOf(directory: string, env: NodeJS.ProcessEnv): Item {
  const attributes = ['application', 'cms-oauth', 'store', directory]
  return { directory, attributes, env }
}

async function findUnlocked(
  item: Item,
  { onWaiting = () => {}, unlockLimitMs = defaultUnlockLimitMs }: KeyringOptions,
): Promise<Exclude<Found, { state: 'locked' }>> {
  const reason = "the keyring that holds the store's key is locked"
  const limit = AbortSignal.timeout(unlockLimitMs)
  for (let isTold = false; ; isTold = true) {
    const found = await find(item)
    if (found.state !== 'locked') return found
    if (limit.aborted) {
      throw new StoreLockedError(reason, {
        hint: 'log in to the desktop, or open the keyring in its own program',
        actor: 'you',
      })
    }
    if (!isTold) onWaiting(reason)
    await delay(unlockPollMs)
  }
}

/** @throws StoreUnreadableError where there is no keyring, or where it holds something that is not a key */
async function find({ directory, attributes, env }: Item): Promise<Found> {
  const outcome = await runSecretTool(['search', ...attributes], {
    env,
    limit: AbortSignal.timeout(searchLimitMs),
  })
  if ('refusal' in outcome) {
    throw new StoreUnreadableError(`the keyring cannot be used: ${outcome.refusal}`, {
      hint: 'start cms-oauthd in a desktop session with a keyring; elsewhere choose another [store] key',
    })
  }
  if (outcome.output === '') return { state: 'missing' }
  const secret = /^secret = (.*)$/m.exec(outcome.output)?.[1]
  if (secret === undefined) return { state: 'locked' }
  if (/^[0-9a-f]{64}$/.test(secret)) return { state: 'unlocked', key: secret }
  throw new StoreUnreadableError(
    `what the keyring holds for the store "${directory}" is not a key`,
    {
      hint: 'a key has 64 hexadecimal digits; restore the one that the records were sealed with',
    },
  )
}

async function make(item: Item): Promise<string> {
  const key = randomBytes(32).toString('hex')
  const { directory, attributes, env } = item
  const args = ['store', `--label=cms-oauth: key of ${directory}`, ...attributes]
  const outcome = await runSecretTool(args, {
    env,
    input: key,
    limit: AbortSignal.timeout(storeLimitMs),
  })
  if ('refusal' in outcome) {
    throw new StoreUnreadableError(`the keyring does not accept the key: ${outcome.refusal}`, {
      hint: 'unlock the keyring, or create one, and start cms-oauthd again',
    })
  }
  const kept = await find(item)
  if (kept.state === 'unlocked' && kept.key === key) return key
  throw new StoreUnreadableError('the keyring does not return the key that was stored in it', {
    hint: 'check it in its own program, or choose another [store] key',
  })
}

function withoutKey({ directory }: Item): StoreUnreadableError {
  const command = `secret-tool store --label=cms-oauth application cms-oauth store "${directory}"`
  return new StoreUnreadableError(
    `the keyring holds no key of the store "${directory}", but there are records`,
    { hint: `open the keyring that has it, or restore it from a key file: ${command} < KEYFILE` },
  )
}
