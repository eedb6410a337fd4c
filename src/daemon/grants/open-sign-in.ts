import type { Account } from '../../accounts/account.ts'
import type { SignInMethod } from '../../accounts/sign-in-method.ts'
import { type CmsOauthError, UsageError } from '../../errors.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { BrowserSignIn, type SignInStep } from '../sign-in/browser-sign-in.ts'
import { type DeviceSignIn, openDeviceSignIn } from '../sign-in/device-sign-in.ts'
import { endsElsewhere } from '../sign-in/redirect-uri.ts'

/** A sign-in that a person can finish, whatever its method, and what the client is told of it. */
export interface OpenSignIn {
  /** What the person sees first. @throws what ended the sign-in before */
  announcement: () => Promise<SignInProgress>
  /** The daemon's page where the person goes on; absent where that is elsewhere. */
  pageUrl?: string
  outcome: Promise<FreshToken>
  /** Takes the redirect URI of a browser elsewhere; absent where there is none to come. */
  redirect?: (url: string) => void
  cancel(error: CmsOauthError): void
}

interface OpenOptions {
  account: Account
  method: SignInMethod
  renewer: RenewerHandle
  /** Where the page of one in a browser listens. */
  listen: { port: number }
  /** Takes a grant as soon as it is sealed. */
  accept: (refreshed: FreshToken) => void
  onStep: (step: SignInStep) => void
  /** Where a person begins another one after this one has failed. */
  retryUrl: () => Promise<string | undefined>
}

/** Opens one in a browser, here or elsewhere, or by device code. @throws CmsOauthError */
export function openSignIn(options: OpenOptions): Promise<OpenSignIn> {
  return options.method === 'device' ? openByDevice(options) : openInBrowser(options)
}

async function openInBrowser(options: OpenOptions): Promise<OpenSignIn> {
  const { account, method, renewer, listen, accept, onStep, retryUrl } = options
  const isElsewhere = method === 'paste'
  if (!isElsewhere && endsElsewhere(account)) throw mustBePasted(account)
  const signIn = await BrowserSignIn.open({
    account,
    isElsewhere,
    listen,
    startAuthorization: (parameters) => renewer.run('start-authorization', parameters),
    redeemCode: async (parameters) => {
      const refreshed = await renewer.run('redeem-code', parameters)
      accept(refreshed)
      return refreshed
    },
    onStep,
    retryUrl,
  })
  const { pageUrl, outcome } = signIn
  return {
    // A browser elsewhere cannot reach this machine: it begins at the provider.
    announcement: async () => ({ event: 'url', url: pageUrl ?? (await signIn.providerUrl()) }),
    ...(pageUrl === undefined ? {} : { pageUrl }),
    outcome,
    redirect: (url) => signIn.redirect(url),
    cancel: (error) => signIn.cancel(error),
  }
}

function mustBePasted({ user, redirectUri }: Account): UsageError {
  const message = `the sign-in of "${user}" ends at "${redirectUri}", where this machine cannot receive it`
  return new UsageError(message, { hint: `run "cms-oauth login ${user} --paste"` })
}

async function openByDevice(options: OpenOptions): Promise<OpenSignIn> {
  const { account, renewer, accept } = options
  const signIn = await openDeviceSignIn({
    account,
    startDeviceAuthorization: (parameters) => renewer.run('start-device-authorization', parameters),
    pollDeviceCode: async (parameters) => {
      const answer = await renewer.run('poll-device-code', parameters)
      if (!('later' in answer)) accept(answer)
      return answer
    },
  })
  const { outcome, verification } = signIn
  return {
    announcement: () => Promise.resolve(announcementOf(verification)),
    outcome,
    cancel: (error) => signIn.cancel(error),
  }
}

function announcementOf(verification: DeviceSignIn['verification']): SignInProgress {
  const { userCode, verificationUri, verificationUriComplete: complete, expiresAt } = verification
  return {
    event: 'user_code',
    user_code: userCode,
    verification_uri: verificationUri,
    expires_at: isoTime(expiresAt),
    ...(complete === undefined ? {} : { verification_uri_complete: complete }),
  }
}
