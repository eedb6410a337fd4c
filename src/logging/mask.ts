import { lettersIn } from './letters.ts'
import { PieceIndex, shortestPiece } from './piece-index.ts'

/**
 * Hides secrets in what a server says: whole or a piece of 8 characters and more, as they are, backwards, as
 * a form, a URL or JSON writes them, in base64 or base64url wherever they begin in it, or in hex. Case does
 * not matter, nor what stands between letters and digits. A server that means to hide one from this can: what
 * it has compressed nobody knows again.
 */
export class Mask {
  readonly #secrets = new Set<string>()
  /** Every form of every secret, once there is a text that may hold one. */
  #forms: Forms | undefined

  /**
   * Hides this secret from now on, in all its forms. One of fewer than 8 characters is not hidden: other
   * words may hold it too.
   */
  add(secret: string): void {
    if (secret.length < shortestPiece) return
    this.#secrets.add(secret)
    this.#forms = undefined
  }

  /** The text with `[secret]` where a secret was. Takes time linear in the text and the secrets. */
  apply(text: string): string {
    if (text.length < shortestPiece || this.#secrets.size === 0) return text
    this.#forms ??= formsOfAll(this.#secrets)
    const masked = hide(text, this.#forms.whole)
    const { letters, places } = lettersIn(masked)
    return hide(masked, this.#forms.letters, letters, places)
  }
}

interface Forms {
  whole: ReadonlySet<string>
  /** The same without what is neither a letter nor a digit. */
  letters: ReadonlySet<string>
}

function formsOfAll(secrets: ReadonlySet<string>): Forms {
  const whole = new Set([...secrets].flatMap(formsOf))
  const letters = [...whole, ...[...secrets].flatMap(escapedForms)]
  return { whole, letters: new Set(letters.map((form) => lettersIn(form).letters)) }
}

/** The text with `[secret]` where the text searched has a piece of a form; `places` is where each of its characters was. */
function hide(
  text: string,
  forms: ReadonlySet<string>,
  searched = text,
  places?: Uint32Array,
): string {
  const index = new PieceIndex(searched)
  for (const form of forms) index.mark(form)
  const placeOf = (at: number) => places?.[at] ?? at
  let masked = ''
  let kept = 0
  for (const { start, end } of index.marked()) {
    if (places !== undefined && !isSpelled(places.subarray(start, end))) continue
    masked += `${text.slice(kept, placeOf(start))}[secret]`
    kept = placeOf(end - 1) + 1
  }
  return masked + text.slice(kept)
}

/** No two or three words of a protocol in a row have so many letters; most tokens and passwords of programs do. */
const shortestWhole = 20

/**
 * True for so many letters, and for fewer in groups of five at most, as each is in `\u0041`. Words are not: "client_secret"
 * names a parameter, though somebody has the secret "client-secret".
 */
function isSpelled(places: Uint32Array): boolean {
  if (places.length >= shortestWhole) return true
  let groups = 1
  for (let at = 1; at < places.length; at++) {
    if (places[at] !== (places[at - 1] ?? 0) + 1) groups++
  }
  return places.length <= 5 * groups
}

/** How a server may repeat a secret. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const inBase64 = base64Forms(bytes)
  return [
    secret,
    Buffer.from(bytes.toReversed()).toString('latin1'),
    secret.replaceAll('/', '\\/'),
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice('s='.length),
    bytes.toString('hex').replaceAll(/../g, '%$&'),
    bytes.toString('hex'),
    ...inBase64,
    // A challenge in base64 may repeat the response in base64.
    ...inBase64.flatMap((form) => base64Forms(Buffer.from(form))),
  ]
}

/** Each byte with the letters before it that JSON (`\u0041`), HTML (`&#x41;`) and C (`0x41`) write. */
function escapedForms(secret: string): string[] {
  const hex = Buffer.from(secret, 'utf8').toString('hex')
  return ['u00', 'x', '0x'].map((escape) => hex.replaceAll(/../g, `${escape}$&`))
}

/** Three, by where in three bytes it begins. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    // A character that also holds bits of what comes before differs.
    return text.slice(offset === 0 ? 0 : offset + 1).replace(/=+$/, '')
  })
}
