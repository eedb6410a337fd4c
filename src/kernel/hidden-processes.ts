import { readFileSync } from 'node:fs'

/** True where the processes of other users are hidden from this one: by hidepid= of proc(5), as ProtectProc= of systemd sets it. */
export function areOthersHidden(): boolean {
  try {
    // Of the first process everybody may read this.
    readFileSync('/proc/1/comm')
    return false
  } catch {
    return true
  }
}
