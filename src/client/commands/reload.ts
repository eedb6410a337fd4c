import type { Changes, ReloadAnswer } from '../../messages/control-api.ts'
import { connectControl, refuseOperands } from '../control.ts'
import type { CommandLine } from '../options.ts'
import { sayJson } from '../say-json.ts'

/**
 * `reload [--json]`: reads the configuration again and prints what has changed. @throws
 * CmsOauthError
 */
export async function runReload(line: CommandLine): Promise<number> {
  refuseOperands(line)
  const control = await connectControl(line)
  const answer = await control.reload()
  if (line.options.json === true) sayJson(answer, 2)
  else process.stdout.write(`${reloadText(answer)}\n`)
  return 0
}

function reloadText(answer: ReloadAnswer): string {
  const {
    file,
    sockets,
    token_files: files,
    bridges,
    outboxes,
    restored = [],
    settings = [],
  } = answer
  const changes = [
    ...listed(answer, ''),
    ...listed(sockets, 'socket '),
    ...listed(files, 'token file '),
    ...listed(bridges, 'bridge '),
    ...listed(outboxes, 'outbox '),
    ...restored.map((path) => `put back token file ${path}`),
    ...settings.map((name) => `changed [${name}]`),
  ]
  return `${file}: ${changes.join(', ') || 'the same as before'}`
}

function listed(changes: Changes | undefined, kind: string): string[] {
  const { added = [], removed = [], changed = [] } = changes ?? {}
  return [
    ...added.map((name) => `added ${kind}${name}`),
    ...removed.map((name) => `removed ${kind}${name}`),
    ...changed.map((name) => `changed ${kind}${name}`),
  ]
}
