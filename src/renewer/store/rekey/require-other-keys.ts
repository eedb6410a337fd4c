import { ConfigInvalidError } from '../../../errors.ts'

/** @throws ConfigInvalidError where nothing would change */
export function requireOtherKeys(isSame: boolean): void {
  if (!isSame) return
  throw new ConfigInvalidError('both configuration files have the same key', {
    hint: 'name the new key in the second one: in another file, credential or command',
  })
}
