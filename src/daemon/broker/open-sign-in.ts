import type { Account } from '../../accounts/account.ts'
import type { CmsOauthError } from '../../errors.ts'
import type { SignInProgress } from '../../messages/control-api.ts'
import type { FreshToken } from '../../messages/renewer-jobs.ts'
import { isoTime } from '../../schedule/iso-time.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { startDeviceSignIn } from '../sign-in/device-sign-in.ts'
import { type SignInStep, startSignIn } from '../sign-in/sign-in.ts'

/** A sign-in that a person can finish, whatever its method. */
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
  renewer: RenewerHandle
  /** Takes a grant as soon as it is sealed. */
  accept: (refreshed: FreshToken) => void
}

interface BrowserOptions extends OpenOptions {
  listen: { port: number }
  /** The browser cannot reach this machine: it begins at the provider, and its end is pasted. */
  isElsewhere: boolean
  onStep: (step: SignInStep) => void
  /** Where a person begins another one after this one has failed. */
  retryUrl: () => Promise<string | undefined>
}

/** Opens one in a browser, here or elsewhere. @throws CmsOauthError */
export async function openBrowserSignIn(options: BrowserOptions): Promise<OpenSignIn> {
  const { account, renewer, accept, listen, isElsewhere, onStep, retryUrl } = options
  const signIn = await startSignIn({
    account,
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
    announcement: async () => ({
      event: 'url',
      url: isElsewhere ? await signIn.providerUrl() : pageUrl,
    }),
    pageUrl,
    outcome,
    redirect: (url) => signIn.redirect(url),
    cancel: (error) => signIn.cancel(error),
  }
}

/** Opens one by device code. @throws CmsOauthError */
export async function openDeviceSignIn(options: OpenOptions): Promise<OpenSignIn> {
  const { account, renewer, accept } = options
  const signIn = await startDeviceSignIn({
    account,
    startDeviceAuthorization: (parameters) => renewer.run('start-device-authorization', parameters),
    pollDeviceCode: async (parameters) => {
      const answer = await renewer.run('poll-device-code', parameters)
      if (!('later' in answer)) accept(answer)
      return answer
    },
  })
  const { userCode, verificationUri, verificationUriComplete, expiresAt } = signIn.verification
  const announcement: SignInProgress = {
    event: 'user_code',
    user_code: userCode,
    verification_uri: verificationUri,
    expires_at: isoTime(expiresAt),
    ...(verificationUriComplete === undefined
      ? {}
      : { verification_uri_complete: verificationUriComplete }),
  }
  return {
    announcement: () => Promise.resolve(announcement),
    outcome: signIn.outcome,
    cancel: (error) => signIn.cancel(error),
  }
}
