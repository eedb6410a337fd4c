import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

/** Where a program is installed. @throws with the Debian package that brings it */
export function installedProgram(name: string, debianPackage: string): string {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin']
  const found = directories.map((directory) => join(directory, name)).find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`"${name}" is missing: run "apt-get install ${debianPackage}"`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
