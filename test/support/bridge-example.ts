import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { filesWithTls, type TlsForm, withTls } from './tls-example.ts'

const root = join(import.meta.dirname, '..', '..')

/** What a user fills in for the bridge that a program is to use. */
export interface BridgeLogin {
  user: string
  password: string
  ports: { smtp?: number; imap?: number; pop?: number }
  /** Changed as README.md says for a bridge with TLS. */
  tls?: TlsForm | undefined
  /** What else the file says that is different here. */
  more?: Readonly<Record<string, string>>
}

/** A file of examples/bridge/ (the path is below that), filled in as a user would. */
export async function fillBridgeExample(
  path: string,
  { user, password, ports, tls, more = {} }: BridgeLogin,
): Promise<string> {
  const values = {
    'user@domain.com': user,
    'user%40domain.com': user.replace('@', '%40'),
    PASSWORD: password,
    '1587': ports.smtp,
    '1143': ports.imap,
    '1110': ports.pop,
  }
  let text = await readFile(join(root, 'examples', 'bridge', path), 'utf8')
  if (tls !== undefined && filesWithTls.includes(path)) text = withTls(path, tls, text)
  for (const [placeholder, value] of Object.entries({ ...values, ...more })) {
    if (value === undefined && text.includes(placeholder)) {
      throw new Error(`${path} names a port that the test does not: ${placeholder}`)
    }
    if (value !== undefined) text = text.replaceAll(placeholder, String(value))
  }
  return text
}
