import { text } from 'node:stream/consumers'
import { UsageError } from '../../errors.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `import ADDRESS`: takes a refresh token from the first line of standard input. @throws CmsOauthError */
export async function runImport(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  const [first = ''] = (await text(process.stdin)).split('\n')
  const refreshToken = first.trim()
  if (refreshToken === '') {
    throw new UsageError('standard input holds no refresh token', {
      hint: `its first line must be the token, like "pass show mail/refresh | cms-oauth import ${user}"`,
    })
  }
  await connectControl(line).importGrant(user, { refresh_token: refreshToken })
  process.stdout.write(`${user}: imported, and refreshed once\n`)
  return 0
}
