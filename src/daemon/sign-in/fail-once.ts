import { isCmsOauthError } from '../../errors.ts'
import { asOneTimeFailure } from './as-one-time-failure.ts'

/** For the `catch` of what a person asked for with `command`, which nobody else tries again. @throws what it is given */
export function failOnce(command: string): (error: unknown) => never {
  return (error) => {
    throw isCmsOauthError(error) ? asOneTimeFailure(error, command) : error
  }
}
