import { existsSync, readdirSync } from 'node:fs'
import { isSystemError } from './system-error.ts'

/** What is in a folder; nothing where it is not there, or may not be listed. */
export function namesIn(directory: string): string[] {
  // The usual case where mail is sent, and an error would take longer.
  if (!existsSync(directory)) return []
  try {
    return readdirSync(directory)
  } catch (error) {
    if (!isSystemError(error)) throw error
    return []
  }
}
