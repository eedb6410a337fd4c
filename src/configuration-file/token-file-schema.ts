import { normalize } from 'node:path'
import * as z from 'zod'
import { type TokenFileConfiguration, tokenFileFormats } from '../configuration/configuration.ts'
import { protocols } from '../sasl/output-format.ts'
import { address, fileMode, filledText, namedPath } from './values.ts'

const defaultMode = 0o600

const keys = z.strictObject({
  path: namedPath
    .transform(normalize)
    .describe(
      'the file that a program reads, in a directory that exists; replaced as a whole at each new token; removed at a logout, and shortly before its token expires where no other has come, so that no program sends an expired one; left there when the daemon stops',
    ),
  account: address.describe('whose token it holds'),
  protocol: z
    .enum(protocols)
    .default('SMTP')
    .describe('what the token is for, and what scopes are asked for'),
  format: z
    .enum(tokenFileFormats)
    .describe('what the file contains; "sasl-xoauth2" is for the plugin of Postfix'),
  mode: fileMode.optional().describe('permissions of the file; default "0600"'),
  owner: filledText.optional().describe('a user; only root can give a file away'),
  group: filledText.optional().describe('a group that cms-oauthd is in, like "postfix"'),
})

/** The keys of [[token_file]] with their meaning. */
export const tokenFileKeys = keys.shape

/** One [[token_file]]. */
export const tokenFileSchema = keys.transform(
  ({ mode, owner, group, ...rest }): TokenFileConfiguration => ({
    ...rest,
    mode: mode ?? defaultMode,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  }),
)
