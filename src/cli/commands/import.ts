import { text } from 'node:stream/consumers'
import { UsageError } from '../../errors.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `import ADDRESS`: takes a refresh token from standard input. @throws CmsOauthError */
export async function runImport(line: CommandLine): Promise<number> {
  const user = operandOf(line)
  const refreshToken = readRefreshToken(await text(process.stdin))
  if (refreshToken === '') {
    throw new UsageError('standard input holds no refresh token', {
      hint: `it is the token's line, or JSON with refresh_token, like "pass show mail/refresh | cms-oauth import ${user}"`,
    })
  }
  await connectControl(line).importGrant(user, { refresh_token: refreshToken })
  process.stdout.write(`${user}: imported, and refreshed once\n`)
  return 0
}

/** JSON's `refresh_token`, as most programs keep it; of anything else the first line. */
function readRefreshToken(input: string): string {
  if (!input.trimStart().startsWith('{')) return input.trim().split('\n')[0]?.trim() ?? ''
  try {
    const { refresh_token: token } = JSON.parse(input) as { refresh_token?: unknown }
    return typeof token === 'string' ? token.trim() : ''
  } catch {
    return ''
  }
}
