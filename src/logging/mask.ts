/** Shorter pieces are in other words too: masking them would garble the rest. */
const shortestPiece = 8

/** A window is the last five characters up to a place, as a hash: a piece ends with four of them. */
const windowBits = 18
const windowsInPiece = 4

/**
 * Hides secrets in what a server says: whole or a piece of 8 characters and more, as they are, backwards, as
 * a form, a URL or JSON writes them, in base64 or base64url wherever they begin in it, or in hex. Case does
 * not matter. A server that means to hide one from this can: what it has compressed nobody knows again.
 */
export class Mask {
  /** Every form of every secret, folded. */
  #forms = ''
  /** A bit for each window, set for those of the forms: most text is decided by them without a search. */
  readonly #windows = new Uint8Array(2 ** (windowBits - 3))

  /** From now on this is hidden in all its forms. */
  add(secret: string): void {
    if (secret.length < shortestPiece) return
    for (const form of formsOf(secret).map(fold)) {
      if (this.#forms.includes(form)) continue
      this.#forms += `${form}\n`
      for (const window of windowsOf(form)) this.#setWindow(window)
    }
  }

  /** The text with `[secret]` where a secret was. */
  apply(text: string): string {
    let masked = ''
    let kept = 0
    for (const { start, end } of this.#find(fold(text))) {
      masked += `${text.slice(kept, start)}[secret]`
      kept = end
    }
    return masked + text.slice(kept)
  }

  /** Where secrets are; pieces that overlap or touch are one. */
  #find(folded: string): { start: number; end: number }[] {
    const found: { start: number; end: number }[] = []
    /** Few, unless something is repeated: then each costs one search. */
    const misses = new Set<string>()
    let known = 0
    for (const [at, window] of windowsOf(folded).entries()) {
      known = this.#hasWindow(window) ? known + 1 : 0
      const end = at + 1
      const start = end - shortestPiece
      if (known < windowsInPiece || start < 0) continue
      const piece = folded.slice(start, end)
      if (misses.has(piece)) continue
      if (!this.#forms.includes(piece)) {
        misses.add(piece)
        continue
      }
      const last = found.at(-1)
      if (last !== undefined && start <= last.end) last.end = end
      else found.push({ start, end })
    }
    return found
  }

  #hasWindow(window: number): boolean {
    return ((this.#windows[window >> 3] ?? 0) & (1 << (window & 7))) !== 0
  }

  #setWindow(window: number): void {
    this.#windows[window >> 3] = (this.#windows[window >> 3] ?? 0) | (1 << (window & 7))
  }
}

function windowsOf(text: string): Uint32Array {
  const windows = new Uint32Array(text.length)
  let window = 0
  for (let at = 0; at < text.length; at++) {
    // What is five characters back has been shifted out.
    window = ((window << 4) ^ text.charCodeAt(at)) & (2 ** windowBits - 1)
    windows[at] = window
  }
  return windows
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

/** Three, by where in three bytes it begins. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    // A character that also holds bits of what comes before differs.
    return text.slice(offset === 0 ? 0 : offset + 1).replace(/=+$/, '')
  })
}

/** Without case, and base64url as base64. It has as many characters as before. */
function fold(text: string): string {
  return text
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}
