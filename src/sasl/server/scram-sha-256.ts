import { type Exchange, MalformedResponseError, type MechanismContext } from './exchange.ts'
import { findProved, scramIterations, serverSignature } from './passwords.ts'

/** SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, which is not offered. */
export function* scramSha256({ passwords, nonce }: MechanismContext): Exchange {
  const first = readFirst(yield '')
  const challenge = `r=${first.nonce}${nonce},s=${passwords().salt},i=${scramIterations}`
  const final = readFinal(yield challenge)
  const isOurs = final.nonce === `${first.nonce}${nonce}`
  const isBound = final.channelBinding === Buffer.from(first.header).toString('base64')
  if (!isOurs || !isBound) throw new MalformedResponseError('not an answer to this challenge')
  const authMessage = `${first.bare},${challenge},${final.withoutProof}`
  const password = findProved(passwords(), { proof: final.proof, authMessage })
  if (password !== undefined) {
    const answer = yield `v=${serverSignature(password, authMessage).toString('base64')}`
    if (answer !== '') throw new MalformedResponseError('the last response must be empty')
  }
  return { user: first.user, authorizationId: first.authorizationId, password }
}

/** client-first-message (RFC 5802 section 7): a GS2 header without channel binding, name, nonce. */
function readFirst(text: string) {
  const match = /^([ny],(?:a=([^,]+))?,)(n=([^,]+),r=([!-+\--~]+)(?:,.*)?)$/s.exec(text)
  if (match === null) throw new MalformedResponseError('not a first message of SCRAM')
  const [, header = '', authorizationId = '', bare = '', user = '', nonce = ''] = match
  return { header, bare, nonce, user: saslName(user), authorizationId: saslName(authorizationId) }
}

/** client-final-message: channel binding, nonce, proof at the end. */
function readFinal(text: string) {
  const match = /^(c=([A-Za-z0-9+/=]+),r=([!-+\--~]+)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/s.exec(text)
  if (match === null) throw new MalformedResponseError('not a final message of SCRAM')
  const [, withoutProof = '', channelBinding = '', nonce = '', proof = ''] = match
  return { withoutProof, channelBinding, nonce, proof: Buffer.from(proof, 'base64') }
}

/** A saslname, in which `,` and `=` are escaped. */
function saslName(text: string): string {
  if (/=(?!2C|3D)/.test(text)) throw new MalformedResponseError('not a name of SCRAM')
  return text.replaceAll('=2C', ',').replaceAll('=3D', '=')
}
