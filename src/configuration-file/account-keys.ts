import * as z from 'zod'
import {
  clientAuthentications,
  grants,
  providerNames,
  rotations,
} from '../configuration/configuration.ts'
import { cloudNames, namesOf, presets } from '../provider-facts/providers.ts'
import { protocols } from '../sasl/output-format.ts'
import {
  address,
  commandLine,
  credentialName,
  filePath,
  filledText,
  httpsUrl,
  redirectUri,
} from './values.ts'

/** RFC 6749 section 3.3. */
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be scopes, one in each string')

/** The keys of one [[account]], each on its own. */
export const accountObject = z.strictObject({
  user: address.describe('the mailbox; requests name it by exactly this address'),
  provider: z.enum(providerNames).describe('who issues tokens'),
  client_id: filledText
    .optional()
    .describe('of your app registration; required, except with grant = "service_account"'),
  client_secret: filledText
    .optional()
    .describe('where the registration has one; the file must then be readable by you alone'),
  client_secret_file: filePath
    .optional()
    .describe('a file (mode 0600) that holds the secret; read at each use, so it may be replaced'),
  client_secret_command: commandLine
    .optional()
    .describe('a program that prints the secret, like ["pass", "show", "mail"]'),
  client_secret_credential: credentialName
    .optional()
    .describe('the systemd credential that is the secret (LoadCredential=NAME:PATH)'),
  client_authentication: z
    .enum(clientAuthentications)
    .optional()
    .describe(
      'oidc: how the secret is sent, in a header (basic) or in the form (post); default: what the server lists, basic first',
    ),
  client_secret_expires: z
    .date()
    .optional()
    .describe('the day on which the secret expires, like 2027-01-01: you are told in time'),
  client_certificate_file: filePath
    .optional()
    .describe(
      'in place of a secret: the certificate (PEM) that the registration knows; with client_key_file',
    ),
  client_key_file: filePath
    .optional()
    .describe('the private key of the certificate (PEM, unencrypted, mode 0600)'),
  client_key_credential: credentialName
    .optional()
    .describe('the systemd credential that is that key, in place of client_key_file'),
  client_assertion_file: filePath
    .optional()
    .describe(
      'in place of a secret: a file that something else keeps filled with a signed assertion (workload identity)',
    ),
  service_account_file: filePath
    .optional()
    .describe('gmail, grant = "service_account": the key of the service account (JSON, mode 0600)'),
  service_account_credential: credentialName
    .optional()
    .describe('the systemd credential that is that key, in place of service_account_file'),
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'must be a tenant id, a domain, or common, organizations, consumers')
    .optional()
    .describe(
      'office365: whose accounts may sign in, an organization by id or domain, or common (default), organizations, consumers',
    ),
  cloud: z
    .enum(cloudNames)
    .optional()
    .describe(
      'office365: which cloud; default "global"; preset = "zoho": which data center, default the one of zoho.com',
    ),
  grant: z
    .enum(grants)
    .default('authorization_code')
    .describe(
      'how tokens are got; client_credentials (office365, oidc) and service_account (gmail) need no sign-in',
    ),
  login_hint: filledText
    .optional()
    .describe('who signs in, where that is not `user`; compared with the address returned'),
  sign_in_with: address
    .optional()
    .describe(
      'the `user` of another account, whose sign-in is used: one consent for several mailboxes',
    ),
  sasl_user: z
    .partialRecord(z.enum(protocols), address)
    .default({})
    .describe('identity in `user=` by protocol, like { SMTP = "delegate@domain.com" }'),
  scopes: z
    .array(scope)
    .default([])
    .describe('what to ask for; empty: what the protocols of the sockets and token files need'),
  resources: z
    .record(z.string(), z.array(scope).min(1, 'must list scopes'))
    .default({})
    .describe(
      'tokens beside those for mail, by the same sign-in: a name for "protocols" of a socket and for requests, and the scopes, like { GRAPH = ["https://graph.microsoft.com/Mail.Send"] }; with office365 and grant = "device_code" somebody must have allowed them before',
    ),
  authority: httpsUrl
    .optional()
    .describe('office365: another origin, the tenant is appended; oidc: the issuer'),
  preset: z.enum(namesOf(presets)).optional().describe('oidc: endpoints and scopes known here'),
  authorization_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  token_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  device_authorization_endpoint: httpsUrl
    .optional()
    .describe(
      'gmail, oidc: where a device code comes from, in place of the known one; that of Google leaves out mail',
    ),
  revocation_endpoint: httpsUrl.optional().describe('gmail, oidc: in place of the known one'),
  redirect_uri: redirectUri
    .optional()
    .describe(
      'where the registration requires a fixed port or path, or has another one (an https:// URL: sign in with "login --paste"); default http://localhost (office365) or http://127.0.0.1',
    ),
  rotation: z
    .enum(rotations)
    .optional()
    .describe(
      'what a refresh token that is used twice does: "strict", it may end the sign-in (default for oidc), "lenient", nothing (default for office365 and gmail); decides when a refresh is tried again whose answer was lost',
    ),
})

/** The parsed keys. */
export type AccountKeys = z.output<typeof accountObject>
