import * as z from 'zod'
import { type SocketConfiguration, socketReplies } from '../configuration/configuration.ts'
import { isResourceName } from '../configuration/resources.ts'
import { isProtocol, protocols } from '../sasl/output-format.ts'
import { address, fileMode, filledText, socketPath } from './values.ts'

const defaultMode = 0o600

const allowRule = z.strictObject({
  users: z.array(filledText).default([]),
  groups: z.array(filledText).default([]),
})

/** What is wrong with another word is said as of a protocol. */
const servedName = z.string().superRefine((word, context) => {
  if (isResourceName(word)) return
  for (const issue of z.enum(protocols).safeParse(word).error?.issues ?? []) {
    context.addIssue({ ...issue, input: word } as Parameters<typeof context.addIssue>[0])
  }
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
    .array(servedName)
    .min(1, 'must not be empty')
    .default(['SMTP'])
    .describe(
      'what is served, and what scopes are asked for: SMTP, IMAP, POP, and names in "resources" of accounts',
    ),
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
      } else if (reply === 'socketmap' && !served.every(isProtocol)) {
        refuse('protocols', `must be ${protocols.join(', ')} with reply = "socketmap"`)
      }
    })
    .transform(
      ({ path, umask, mode, name, accounts, owner, group, allow, protocols: served, ...rest }) => ({
        ...rest,
        protocols: served.filter(isProtocol),
        ...(served.every(isProtocol) ? {} : { resources: served.filter(isResourceName) }),
        path: path ?? defaultPath,
        mode: mode ?? umask ?? defaultMode,
        ...(name === undefined ? {} : { name }),
        ...(accounts === undefined ? {} : { accounts }),
        ...(owner === undefined ? {} : { owner }),
        ...(group === undefined ? {} : { group }),
        ...(allow === undefined ? {} : { allow }),
      }),
    )
}
