import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { oneOf } from '../../command-line/nearest-known.ts'
import { UsageError } from '../../errors.ts'

/** What an app can be registered for; each has a script of that name in examples/registration. */
export const registrations = ['office365', 'app-only', 'outlook', 'gmail'] as const

/** The script, or the steps as its comments, that register an app. @throws UsageError */
export function registrationText(packageRoot: string, words: readonly string[]): string {
  const [name = 'office365', ...more] = words
  const known = registrations.find((each) => each === name)
  if (known === undefined || more.length > 0) {
    throw new UsageError(`there is no registration "${words.join(' ')}"`, {
      hint: oneOf(name, registrations),
    })
  }
  return readFileSync(join(packageRoot, 'examples', 'registration', known), 'utf8')
}
