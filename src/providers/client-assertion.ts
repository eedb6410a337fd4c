import type { Account } from '../accounts/account.ts'
import { ConfigInvalidError } from '../errors.ts'
import { Secret } from '../logging/secret.ts'
import { projectedModes, readPrivateFile } from './private-file.ts'

/** How an assertion is announced in a form (RFC 7523 section 2.2). */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * The assertion that something else keeps fresh for the account (workload identity), read anew each
 * time; undefined where the account has none.
 * @throws ConfigInvalidError, InsecureFileModeError
 */
export async function readClientAssertion({
  clientAssertionFile: path,
}: Account): Promise<Secret | undefined> {
  if (path === undefined) return undefined
  const text = await readPrivateFile({
    path,
    what: 'client assertion',
    key: 'client_assertion_file',
    // Kubernetes projects its tokens as root's, readable within the pod.
    refused: projectedModes,
  })
  const assertion = text.trim()
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return new Secret(assertion)
  throw new ConfigInvalidError(`the client assertion "${path}" is no signed JWT`, {
    hint: 'the platform that writes the file puts three parts with dots between them into it',
  })
}
