import { connectControl, refuseOperands } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `reload`: the configuration read again. @throws CmsOauthError */
export async function runReload(line: CommandLine): Promise<number> {
  refuseOperands(line)
  const { file, added, removed, changed } = await connectControl(line).reload()
  const changes = [
    ...added.map((user) => `added ${user}`),
    ...removed.map((user) => `removed ${user}`),
    ...changed.map((user) => `changed ${user}`),
  ]
  process.stdout.write(`${file}: ${changes.join(', ') || 'the same accounts as before'}\n`)
  return 0
}
