import { spawn } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import type { SignInProgress } from '../../control/api.ts'
import type { ControlClient } from '../../control/client.ts'
import { DaemonUnreachableError, errorFromWire, UsageError } from '../../errors.ts'
import { connectControl, operandOf } from '../control.ts'
import type { CommandLine } from '../options.ts'

/** `login [ADDRESS]`: 0 when the daemon holds the grant. @throws CmsOauthError */
export async function runLogin(line: CommandLine): Promise<number> {
  const control = connectControl(line)
  const user = line.words.length > 1 ? operandOf(line) : await findWhoNeedsIt(control)
  for await (const progress of control.signIn(user, { method: 'browser' })) {
    if (progress.event === 'failed') throw errorFromWire(progress.error)
    report(user, progress, line.options.browser !== false)
    if (progress.event === 'completed') return 0
  }
  throw new DaemonUnreachableError('the daemon ended the sign-in without an outcome', {
    hint: 'look at the log of cms-oauthd',
  })
}

async function findWhoNeedsIt(control: ControlClient): Promise<string> {
  const { accounts } = await control.accounts()
  const needing = accounts.filter(({ state }) => /^(signed_out|sign_in_required)$/.test(state))
  const [only, ...others] = needing
  if (only !== undefined && others.length === 0) return only.user
  if (accounts.length === 0) {
    throw new UsageError('no account is configured', { hint: 'write an [[account]] first' })
  }
  const candidates = (needing.length > 0 ? needing : accounts).map(({ user }) => user)
  throw new UsageError(
    needing.length > 0 ? 'more than one account needs a sign-in' : 'no account needs a sign-in',
    { hint: `name one: ${candidates.map((user) => `"cms-oauth login ${user}"`).join(', ')}` },
  )
}

function report(
  user: string,
  progress: Exclude<SignInProgress, { event: 'failed' }>,
  mayOpenBrowser: boolean,
): void {
  switch (progress.event) {
    case 'url':
      say(`To sign in for ${user}, open this page in a browser:\n\n${progress.url}\n`)
      if (process.env['SSH_CONNECTION'] !== undefined) say(forwardingAdvice(progress.url))
      else if (mayOpenBrowser && isDesktop()) openBrowser(progress.url)
      return
    case 'page_opened':
      say('The page is open.')
      return
    case 'code_received':
      say('The provider has answered; fetching the tokens.')
      return
    case 'completed':
      say(`${user}: signed in. Mail programs are served from now on.`)
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function isDesktop(): boolean {
  return (process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'] ?? '') !== ''
}

function openBrowser(url: string): void {
  const opener = spawn('xdg-open', [url], { stdio: 'ignore', detached: true })
  // The URL is on the screen all the same.
  opener.once('error', () => {})
  opener.unref()
}

function forwardingAdvice(url: string): string {
  const { port } = new URL(url)
  const target = `${userInfo().username}@${hostname()}`
  return `The browser sits elsewhere? Run this there first, and leave it open:\n\n  ssh -L ${port}:127.0.0.1:${port} ${target}\n`
}
