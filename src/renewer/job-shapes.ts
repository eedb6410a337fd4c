import type { Account } from '../accounts/account.ts'
import { accountShape } from '../accounts/account-shape.ts'
import { storeShape } from '../accounts/store-shape.ts'
import type { Confinement } from '../messages/confinement.ts'
import type { GrantStage, Jobs, TokenStage } from '../messages/renewer-jobs.ts'
import type { Job, ToRenewer } from '../messages/renewer-messages.ts'
import {
  fields,
  flag,
  listOf,
  number,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'

type Parameters<K extends keyof Jobs> = Jobs[K]['parameters']

const stageShape = fields<GrantStage>({ signedInAt: number, number })

const jobShape = variants<Job, 'kind'>('kind', {
  'open-store': {
    parameters: fields<Parameters<'open-store'>>({
      accounts: listOf(
        fields<Pick<Account, 'user' | 'loginHint'>>({ user: text, loginHint: text }),
      ),
      areOthersWanted: optional(flag),
    }),
  },
  'copy-store': { parameters: fields<Parameters<'copy-store'>>({ to: storeShape }) },
  'rekey-store': { parameters: fields<Parameters<'rekey-store'>>({ to: storeShape }) },
  'start-authorization': {
    parameters: fields<Parameters<'start-authorization'>>({
      account: accountShape,
      redirectUri: text,
      state: text,
      nonce: text,
      codeChallenge: text,
    }),
  },
  'redeem-code': {
    parameters: fields<Parameters<'redeem-code'>>({
      account: accountShape,
      redirectUri: text,
      nonce: text,
      code: text,
      codeVerifier: text,
    }),
  },
  'start-device-authorization': {
    parameters: fields<Parameters<'start-device-authorization'>>({ account: accountShape }),
  },
  'poll-device-code': {
    parameters: fields<Parameters<'poll-device-code'>>({ account: accountShape, deviceCode: text }),
  },
  refresh: {
    parameters: fields<Parameters<'refresh'>>({
      account: accountShape,
      hasToken: optional(flag),
      known: optional(fields<TokenStage>({ number, signedInAt: optional(number) })),
      newest: optional(stageShape),
    }),
  },
  import: {
    parameters: fields<Parameters<'import'>>({ account: accountShape, refreshToken: text }),
  },
  probe: { parameters: fields<Parameters<'probe'>>({ account: accountShape }) },
  forget: {
    parameters: fields<Parameters<'forget'>>({
      user: text,
      account: optional(accountShape),
      revoke: flag,
      issuer: optional(text),
      usedBy: optional(listOf(text)),
    }),
  },
})

/** The form of what the daemon says to a renewer. */
export const toRenewerShape: Shape<ToRenewer> = variants<ToRenewer, 'type'>('type', {
  configure: {
    store: storeShape,
    runtimeDirectory: text,
    confinement: optional(
      fields<Confinement>({
        reads: listOf(text),
        makes: listOf(text),
        writes: listOf(text),
        runsPrograms: flag,
      }),
    ),
  },
  assign: { issuer: text },
  seen: { owner: text, stage: stageShape },
  stop: {},
  job: { id: number, job: jobShape },
})
