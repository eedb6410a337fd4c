/**
 * What an account has tokens for beside mail: `resources = { GRAPH = [...] }` makes an account of its own of each,
 * which uses the same sign-in, with these scopes.
 */
import { isProtocol } from '../sasl/output-format.ts'

/** A resource, and the mailbox whose sign-in it uses. */
export interface Resource {
  name: string
  user: string
}

/**
 * That of an outbox which sends by Graph while programs use its account too. In small letters: nothing in a
 * configuration, and no request, can name it.
 */
export const outboxResource = 'outbox'

/** The longest name. */
export const resourceNameLimit = 32

/** True for a word that may name one: what a request names is either a protocol of mail or this. */
export function isResourceName(word: string): boolean {
  return word.length <= resourceNameLimit && /^[A-Z][A-Z0-9_-]*$/.test(word) && !isProtocol(word)
}

/** The key of the account that has its tokens. */
export function resourceAccount({ name, user }: Resource): string {
  return `${name}:${user}`
}
