import * as z from 'zod'
import { metricLabels } from '../configuration/configuration.ts'
import { auditRules, logLevels } from '../logging/log.ts'
import { accountKeys, accountSchema } from './account-schema.ts'
import { bridgeKeys, bridgeSchema } from './bridge-schema.ts'
import { outboxKeys, outboxSchema } from './outbox-schema.ts'
import { socketKeys, socketSchema } from './socket-schema.ts'
import { storeKeys, storeSchema } from './store-schema.ts'
import { tokenFileKeys, tokenFileSchema } from './token-file-schema.ts'
import { commandLine, durationUpTo, loopbackAddress, namedPath, socketPath } from './values.ts'

const refresh = z.strictObject({
  before_expiry: durationUpTo('24h', 'a token lives no longer')
    .prefault('15m')
    .describe('latest moment of a refresh; normally at 50-80 % of the lifetime'),
  answer_within: durationUpTo('60s', 'mail programs wait no longer')
    .prefault('4s')
    .describe('longest wait of a request for a refresh, at most 60s; exim gives up at 5s'),
})

const control = z.strictObject({
  path: socketPath.optional().describe('default: control.sock in the runtime directory'),
})

const signIn = z.strictObject({
  listen: loopbackAddress
    .prefault('127.0.0.1:0')
    .describe(
      'port of the sign-in page, 0 for any; it is opened on 127.0.0.1 and [::1], whichever is named',
    ),
})

const notify = z.strictObject({
  command: commandLine.describe(
    'run when somebody must act, and when that is over, with CMS_OAUTH_EVENT, _USER, _MESSAGE and _URL set',
  ),
})

const metrics = z.strictObject({
  textfile: namedPath
    .refine(
      (path) => path.endsWith('.prom'),
      'must end with ".prom": node_exporter reads no other file',
    )
    .optional()
    .describe(
      'a file for the textfile collector of node_exporter; replaced soon after each change and every 15 s, mode 0644',
    ),
  labels: z
    .enum(metricLabels)
    .default('id')
    .describe(
      'what accounts are called: "id", the first 12 characters of the SHA-256 of the address, or "address"',
    ),
})

const log = z.strictObject({
  level: z.enum(logLevels).default('info').describe('what is logged'),
  audit: z
    .enum(auditRules)
    .default('counted')
    .describe(
      'where a line about a token that leaves cannot be written: "counted" counts it and tells later how many were lost (audit.lost); "required" keeps the token back, and gives each one a line of its own',
    ),
})

const auditableLog = log.superRefine(({ level, audit }, context) => {
  if (audit !== 'required' || level === 'info' || level === 'debug') return
  context.addIssue({
    code: 'custom',
    path: ['audit'],
    message: 'requires level = "info" or "debug": the others do not log tokens',
  })
})

/** Every section with its keys, for `--help-config` and for the nearest known key. */
export const sections: Record<string, Record<string, z.ZodType>> = {
  account: accountKeys,
  socket: socketKeys,
  token_file: tokenFileKeys,
  bridge: bridgeKeys,
  outbox: outboxKeys,
  refresh: refresh.shape,
  store: storeKeys,
  control: control.shape,
  sign_in: signIn.shape,
  notify: notify.shape,
  metrics: metrics.shape,
  log: log.shape,
}

/** The schema of the whole file; the caller provides default paths. */
export function fileSchema(defaults: { tokenSocketPath: string }) {
  return z.strictObject({
    account: z.array(accountSchema).min(1, 'must name an account: add [[account]]'),
    socket: z.array(socketSchema(defaults.tokenSocketPath)).optional(),
    token_file: z.array(tokenFileSchema).default([]),
    bridge: z.array(bridgeSchema).default([]),
    outbox: z.array(outboxSchema).default([]),
    refresh: refresh.prefault({}),
    store: storeSchema.prefault({}),
    control: control.prefault({}),
    sign_in: signIn.prefault({}),
    notify: notify.optional(),
    metrics: metrics.prefault({}),
    log: auditableLog.prefault({}),
  })
}

/** The type of a parsed file. */
export type ConfigurationFile = z.output<ReturnType<typeof fileSchema>>
