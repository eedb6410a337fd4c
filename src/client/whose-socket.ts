import { NotPermittedError } from '../errors.ts'
import { strangerAt } from '../socket-client/stranger-at.ts'
import { printWarning } from './terminal.ts'

const hintFor = (option: string) =>
  `unset XDG_RUNTIME_DIR if it is left from another user, or name the socket that you mean with ${option}, in a directory that others may not write`

/** Says whose token it may be that comes from there; a mail program goes on all the same. */
export function warnOfStranger(path: string, isNamed: boolean): void {
  const uid = strangerAt(path, isNamed)
  if (uid === undefined) return
  const message = `"${path}" belongs to user ${uid}, not to you or root: its token may be somebody else's`
  printWarning({ message, hint: hintFor('--cms_sock') })
}

/** To be called before a daemon is told, or believed, anything. @throws NotPermittedError */
export function refuseStranger(path: string, isNamed: boolean): void {
  const uid = strangerAt(path, isNamed)
  if (uid === undefined) return
  const message = `the control socket "${path}" belongs to user ${uid}, not to you or root: nothing is sent to it`
  throw new NotPermittedError(message, { hint: hintFor('--control-sock') })
}
