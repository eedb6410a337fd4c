/** What `--verbose` tells besides the conversation: facts of the connection, no secret among them. */
import type { Socket } from 'node:net'
import { type Certificate, TLSSocket } from 'node:tls'
import { fingerprint, Secret } from '../logging/secret.ts'

/** Where a socket leads, and how TLS protects it. */
export function remarksOnConnection(socket: Socket): string[] {
  const { remoteAddress, remotePort } = socket
  const lines = [`address: ${remoteAddress} port ${remotePort}`]
  if (!(socket instanceof TLSSocket)) return lines
  const { subject, issuer, valid_to: validTo } = socket.getPeerCertificate()
  return [
    ...lines,
    `tls: ${socket.getProtocol()}, ${socket.getCipher().standardName}`,
    `tls: certificate of ${nameOf(subject)} by ${nameOf(issuer)}, until ${validTo}`,
  ]
}

/** What a credential in base64 says, a fingerprint in place of the token. */
export function remarkOnCredential(line: string, accessToken: string): string {
  const token = `[token ${fingerprint(new Secret(accessToken))}, ${accessToken.length} characters]`
  const text = Buffer.from(line, 'base64').toString('utf8').replaceAll(accessToken, token)
  return text.replaceAll('\u0001', '^A')
}

function nameOf({ CN: name, O: organization }: Certificate): string {
  return [name, organization].flat().filter(Boolean).join(', ')
}
