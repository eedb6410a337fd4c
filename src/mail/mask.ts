/** Shorter pieces stand in other words too: masking them would garble the rest. */
const shortestPiece = 8

/**
 * Hides secrets in what a server says: whole or a piece of 8 characters and more, as they are, in
 * base64 or base64url wherever they begin in it, or in hex. Case does not matter.
 */
export class Mask {
  readonly #secrets = new Set<string>()
  /** Every piece of the shortest length, of all forms; undefined: to be made again. */
  #pieces: Set<string> | undefined

  /** From now on this is hidden too. */
  add(secret: string): void {
    if (secret.length < shortestPiece || this.#secrets.has(secret)) return
    this.#secrets.add(secret)
    this.#pieces = undefined
  }

  /** The text with `[secret]` where a secret was. */
  apply(text: string): string {
    if (text.length < shortestPiece || this.#secrets.size === 0) return text
    this.#pieces ??= new Set(Array.from(this.#secrets).flatMap(formsOf).flatMap(piecesOf))
    const folded = fold(text)
    let masked = ''
    let kept = 0
    for (let at = 0; at + shortestPiece <= text.length; at++) {
      if (!this.#isSecretAt(folded, at)) continue
      masked += `${text.slice(kept, at)}[secret]`
      while (this.#isSecretAt(folded, at + 1)) at++
      kept = at + shortestPiece
      at = kept - 1
    }
    return masked + text.slice(kept)
  }

  #isSecretAt(folded: string, at: number): boolean {
    return this.#pieces?.has(folded.slice(at, at + shortestPiece)) === true
  }
}

/** How a server may repeat a secret. In base64 there are three, by where in three bytes it begins. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  return [
    secret,
    bytes.toString('hex'),
    ...[0, 1, 2].map((offset) => {
      const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
      // A character that also holds bits of a neighbour differs.
      return text.slice(offset === 0 ? 0 : offset + 1).replace(/.=+$/, '')
    }),
  ]
}

function piecesOf(form: string): string[] {
  const folded = fold(form)
  const count = Math.max(0, folded.length - shortestPiece + 1)
  return Array.from({ length: count }, (_, at) => folded.slice(at, at + shortestPiece))
}

/** Without case, and base64url as base64. It has as many characters as before. */
function fold(text: string): string {
  return text.replace(/[A-Z_-]/g, (character) => {
    if (character === '-') return '+'
    return character === '_' ? '/' : character.toLowerCase()
  })
}
