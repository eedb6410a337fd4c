import { spawn } from 'node:child_process'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import { DaemonUnreachableError, SignInFailedError, UsageError } from '../../errors.ts'
import type { AccountStatus, SignInProgress } from '../../messages/control-api.ts'
import { isOfThisMachine } from '../../oauth/loopback-names.ts'
import { readRefusal } from '../../socket-client/read-refusal.ts'
import type { ControlClient } from '../control-client.ts'
import { connectControl, operandOf, refuseOperands } from '../control.ts'
import { forEachAccount } from '../each-account.ts'
import { forwardingAdvice } from '../forwarding-advice.ts'
import { hasDesktop } from '../has-desktop.ts'
import type { CommandLine } from '../options.ts'
import { leftOutByDevice } from '../left-out-by-device.ts'
import { type Pasting, startPasting } from '../paste-address.ts'
import { qrCode } from '../qr-code.ts'
import { printWarning, say } from '../terminal.ts'

type SignInNews = Exclude<SignInProgress, { event: 'failed' }>

/** `login [ADDRESS]`, `login --all`: 0 when the daemon holds the grants. @throws CmsOauthError */
export async function runLogin(line: CommandLine): Promise<number> {
  const method = methodOf(line)
  const control = await connectControl(line)
  if (line.options.all !== true) {
    const user = line.words.length > 1 ? operandOf(line) : await findWhoNeedsIt(control)
    await signIn(user, { line, method, control })
    return 0
  }
  refuseOperands(line, '--all')
  const users = needing((await control.accounts()).accounts)
  if (users.length === 0) say('no account needs a sign-in')
  return forEachAccount(users, (user) => signIn(user, { line, method, control }))
}

interface Way {
  line: CommandLine
  method: SignInMethod | undefined
  control: ControlClient
}

/** Returns when the daemon holds the grant. @throws CmsOauthError */
async function signIn(user: string, { line, method, control }: Way): Promise<void> {
  const given = new AbortController()
  let pasting: Pasting | undefined
  let isByDevice = false
  try {
    const body = method === undefined ? {} : { method }
    for await (const progress of control.signIn(user, body, given.signal)) {
      if (progress.event === 'failed') {
        throw readRefusal(progress.error, 'the daemon')
      }
      report(user, progress, line)
      isByDevice ||= progress.event === 'user_code'
      if (progress.event === 'completed') {
        if (isByDevice) await tellWhatIsLeftOut(progress.user, control)
        return requireAll(progress)
      }
      if (progress.event !== 'url' || method !== 'paste') continue
      pasting = startPasting(control, user)
      pasting.done.catch((error: unknown) => given.abort(error))
    }
  } catch (error) {
    throw given.signal.aborted ? given.signal.reason : error
  } finally {
    pasting?.stop()
  }
  throw new DaemonUnreachableError('the daemon closed the sign-in without an outcome', {
    hint: 'check the log of cms-oauthd',
  })
}

/**
 * A sign-in that allows less than was asked for is kept, but is not a success. @throws
 * SignInFailedError
 */
function requireAll({ missing }: Extract<SignInNews, { event: 'completed' }>): void {
  if (missing === undefined) return
  const { message, next_step: hint, is_certain: isCertain } = missing
  if (isCertain) throw new SignInFailedError(message, { hint })
  printWarning({ message, hint })
}

/** The sign-in has succeeded by now, whatever becomes of this question. */
async function tellWhatIsLeftOut(user: string, control: ControlClient): Promise<void> {
  const { accounts } = await control.accounts().catch(() => ({ accounts: [] }))
  const leftOut = leftOutByDevice(user, accounts)
  if (leftOut !== undefined) printWarning(leftOut)
}

/** Undefined: by the account's `grant`. */
function methodOf({ options }: CommandLine): SignInMethod | undefined {
  if (options.device === true && options.paste === true) {
    throw new UsageError('--device and --paste cannot be combined', { hint: 'choose one of them' })
  }
  if (options.device === true) return 'device'
  return options.paste === true ? 'paste' : undefined
}

async function findWhoNeedsIt(control: ControlClient): Promise<string> {
  const { accounts } = await control.accounts()
  const users = needing(accounts)
  const [only, ...others] = users
  if (only !== undefined && others.length === 0) return only
  if (accounts.length === 0) {
    throw new UsageError('no account is configured', { hint: 'run "cms-oauth init"' })
  }
  const candidates = users.length > 0 ? users : accounts.map(({ user }) => user)
  throw new UsageError(
    users.length > 0 ? 'more than one account needs a sign-in' : 'no account needs a sign-in',
    {
      hint: `${users.length > 0 ? 'add --all, or ' : ''}name one: ${candidates.map((user) => `"cms-oauth login ${user}"`).join(', ')}`,
    },
  )
}

/** The accounts whose sign-in is needed, each once. */
function needing(accounts: readonly AccountStatus[]): string[] {
  const waiting = accounts.filter(({ state }) => /^(signed_out|sign_in_required)$/.test(state))
  return [...new Set(waiting.map((account) => account.sign_in_with ?? account.user))]
}

function report(user: string, progress: SignInNews, { options }: CommandLine): void {
  switch (progress.event) {
    case 'url':
      if (options.paste === true) sayWhereToPasteFrom(user, progress.url)
      else sayPage(user, progress.url, options.browser !== false)
      return
    case 'user_code':
      sayUserCode(user, progress)
      return
    case 'sign_in_of':
      say(`${user} uses the sign-in of ${progress.user}, which this is.\n`)
      return
    case 'page_opened':
      say('The page is open.')
      return
    case 'code_received':
      say('The provider has answered; fetching the tokens.')
      return
    case 'completed':
      say(`${user}: ${completedWords(progress)}`)
  }
}

function completedWords({
  grant,
  sends_by: way,
  missing,
}: Extract<SignInNews, { event: 'completed' }>): string {
  const served = way === undefined ? 'mail programs are served' : 'the outbox sends with it'
  if (grant !== undefined) {
    return `no sign-in is needed (grant = "${grant}"). A token was fetched; ${served}.`
  }
  const sentence = `${served.charAt(0).toUpperCase()}${served.slice(1)} from now on`
  return `signed in. ${sentence}${missing === undefined ? '.' : ', as far as it allows:'}`
}

function sayPage(user: string, url: string, mayOpenBrowser: boolean): void {
  say(`To sign in for ${user}, open this page in a browser:\n\n${url}\n`)
  if (process.env['SSH_CONNECTION'] !== undefined) say(forwardingAdvice(url, user, process.env))
  else if (mayOpenBrowser && hasDesktop(process.env)) openBrowser(url)
}

function sayWhereToPasteFrom(user: string, url: string): void {
  say(`To sign in for ${user}, open this page in any browser, on any machine:\n\n${url}\n`)
  const end = new URL(url).searchParams.get('redirect_uri') ?? ''
  const shows = isOfThisMachine(end)
    ? `cannot open a page of "${end}":`
    : `shows a page of "${end}", which may be empty:`
  say(
    `After the sign-in the browser ${shows} that is right. Copy the whole address of that page, paste it here, and press Enter. (It shows on the screen; the code in it is of no use outside this sign-in.) Where the provider shows an error instead, paste its line.\n`,
  )
}

function sayUserCode(
  user: string,
  verification: Extract<SignInNews, { event: 'user_code' }>,
): void {
  const {
    user_code: code,
    verification_uri: page,
    verification_uri_complete: complete,
  } = verification
  const minutes = Math.max(
    1,
    Math.round((Date.parse(verification.expires_at) - Date.now()) / 60_000),
  )
  const picture = qrCode(complete ?? page, process.stdout, process.env)
  if (picture !== undefined) say(picture)
  const scan = picture === undefined ? '' : 'scan the QR code with a phone, or '
  say(`To sign in for ${user}, ${scan}open this page in any browser:\n\n${page}\n`)
  say(`and type this code, within ${minutes} minutes:\n\n${code}\n`)
  say('cms-oauthd waits for the sign-in, even after this command exits.')
}

function openBrowser(url: string): void {
  const opener = spawn('xdg-open', [url], { stdio: 'ignore', detached: true })
  // The URL is on the screen anyway.
  opener.once('error', () => {})
  opener.unref()
}
