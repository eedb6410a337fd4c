import * as z from 'zod'
import { type SocketConfiguration, socketReplies } from '../configuration/configuration.ts'
import { protocols } from '../sasl/output-format.ts'
import { address, fileMode, filledText, socketPath } from './values.ts'

const defaultMode = 0o600

const allowRule = z.strictObject({
  users: z.array(filledText).default([]),
  groups: z.array(filledText).default([]),
})

const keys = z.strictObject({
  path: socketPath.optional().describe('default: cms.sock in the runtime directory'),
  name: filledText.optional().describe('FileDescriptorName= of a systemd socket unit'),
  accounts: z
    .array(address)
    .min(1, 'must not be empty: without it, all accounts are served')
    .optional()
    .describe('who is served; default: all accounts'),
  protocols: z
    .array(z.enum(protocols))
    .min(1, 'must not be empty')
    .default(['SMTP'])
    .describe('what is served, and what scopes are asked for'),
  mode: fileMode.optional().describe('permissions of the socket; default "0600"'),
  umask: fileMode.optional().describe("the original's name for `mode`: the mode itself"),
  owner: filledText.optional().describe('a user; only root can give a socket away'),
  group: filledText.optional().describe('a group, like "Debian-exim"'),
  reply: z
    .enum(socketReplies)
    .default('xoauth2-b64')
    .describe(
      'the format when a request names none; exim needs "xoauth2"; "socketmap" makes it a map that Postfix asks',
    ),
  allow: allowRule
    .optional()
    .describe(
      'only these peers, like { users = ["mail"], groups = ["list"] }; default: whoever the mode lets in',
    ),
})

/** The keys of [[socket]] with their meaning. */
export const socketKeys = keys.shape

/** One [[socket]]; its path is `defaultPath` if none is configured. */
export function socketSchema(defaultPath: string): z.ZodType<SocketConfiguration> {
  return keys
    .superRefine(({ mode, umask, reply, protocols: served }, context) => {
      const refuse = (key: string, message: string) =>
        context.addIssue({ code: 'custom', path: [key], message })
      if (mode !== undefined && umask !== undefined) {
        refuse('umask', 'is the same as "mode": keep one')
      }
      if (reply === 'socketmap' && served.length > 1) {
        refuse('protocols', 'must be one: with reply = "socketmap" nobody can say which')
      }
    })
    .transform(({ path, umask, mode, name, accounts, owner, group, allow, ...rest }) => ({
      ...rest,
      path: path ?? defaultPath,
      mode: mode ?? umask ?? defaultMode,
      ...(name === undefined ? {} : { name }),
      ...(accounts === undefined ? {} : { accounts }),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
      ...(allow === undefined ? {} : { allow }),
    }))
}
