import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

/** A value that prints as `[secret]` wherever it is printed; only `reveal` gives it out. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself: call it where the value leaves for its one purpose, nowhere else. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** The only form of a token that a log line may hold: 12 hexadecimal digits of its SHA-256. */
export function fingerprint(secret: Secret): string {
  return createHash('sha256').update(secret.reveal()).digest('hex').slice(0, 12)
}
