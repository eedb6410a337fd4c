import * as z from 'zod'
import { storeKinds, storeRoles } from '../configuration/configuration.ts'
import {
  commandLine,
  credentialName,
  engineEndpoint,
  enginePrefix,
  filePath,
  filledText,
} from './values.ts'

/** The keys of [store], each on its own. */
export const storeObject = z.strictObject({
  kind: z
    .enum(storeKinds)
    .default('files')
    .describe('what keeps the sealed sign-ins: files of this host, or an etcd that hosts share'),
  key: z
    .enum(['file', 'credential', 'keyring', 'command'])
    .optional()
    .describe(
      'where the key comes from; keyring: that of the desktop session, by secret-tool; default "file"',
    ),
  key_file: filePath.optional().describe('default: store.key in the configuration directory'),
  key_credential: filledText.optional().describe('name of a systemd credential'),
  key_command: commandLine.optional().describe('a program that prints the key'),
  endpoints: z
    .array(engineEndpoint)
    .min(1, 'must name an endpoint: ["https://etcd1.example.com:2379"]')
    .optional()
    .describe('etcd: the nodes, each as https://HOST:PORT, reached without a proxy; required'),
  ca_file: filePath
    .optional()
    .describe('etcd: who signs the certificates of the nodes (PEM); default: those of the system'),
  certificate_file: filePath
    .optional()
    .describe('etcd: the client certificate of this host (PEM), which must have no CommonName'),
  certificate_key_file: filePath
    .optional()
    .describe('etcd: the private key of that certificate (PEM, unencrypted, mode 0600)'),
  user: filledText.optional().describe('etcd: the user of the engine; with a password'),
  password_file: filePath
    .optional()
    .describe('etcd: a file (mode 0600) whose first line is the password of that user'),
  password_command: commandLine.optional().describe('etcd: a program that prints the password'),
  password_credential: credentialName
    .optional()
    .describe('etcd: the systemd credential that is the password'),
  prefix: enginePrefix
    .optional()
    .describe(
      'etcd: before every key, hosts with the same one share their sign-ins; default "/cms-oauth/v1/"',
    ),
  role: z
    .enum(storeRoles)
    .optional()
    .describe(
      'etcd: "renew" (default), this host gets tokens and signs in; "serve", it only serves the tokens that others got, and has no key of sign-ins',
    ),
  token_key_file: filePath
    .optional()
    .describe(
      'etcd: a file (mode 0600) with the key of the shared tokens; one of these is required',
    ),
  token_key_command: commandLine.optional().describe('etcd: a program that prints that key'),
  token_key_credential: credentialName
    .optional()
    .describe('etcd: the systemd credential that is that key'),
})

/** The parsed keys. */
export type StoreKeys = z.output<typeof storeObject>
