/** What a person copies from a browser: fixed up where it is plain what it was, explained where not. */
import { RequestInvalidError } from '../../errors.ts'
import { isOfThisMachine, loopbackNames } from '../../oauth/loopback-names.ts'
import { explainPastedError } from './pasted-error.ts'

const atTheEnd = 'when it cannot open the page after the sign-in'
/** The parameters of an answer, of which one is there (RFC 6749 section 4.1.2). */
const answers = ['code', 'error']

/**
 * The parameters in the address that a person copied from a browser: one of `redirectUri`. Browsers
 * hide the scheme, or make it https; mail and terminals wrap and escape it; another name of this
 * machine is as good, since the state says whose it is. What stands on a provider's error page, from which
 * no browser comes back, is explained.
 * @throws RequestInvalidError that never repeats what was pasted, which may hold a code
 */
export function parsePastedRedirect(
  pasted: string,
  { user, redirectUri }: { user: string; redirectUri: string },
): URLSearchParams {
  const when = isOfThisMachine(redirectUri) ? atTheEnd : 'after the sign-in'
  const hint = `paste the whole address that the browser shows ${when}; it begins with "${redirectUri}"`
  const refuse = (message: string) => new RequestInvalidError(message, { hint })
  const wanted = new URL(redirectUri)
  const text = withoutWrapping(pasted)
  if (text === '') throw refuse('what was pasted is empty')
  const url = urlOf(text, wanted)
  if (url === undefined) throw explainPastedError(user, pasted) ?? refuse(notAnAddress(text))
  if (!isOf(url, wanted)) throw otherPage(url, hint)
  // Some servers answer in the fragment, which a browser shows as well.
  const isInFragment = url.search === '' && url.hash.includes('=')
  const parameters = isInFragment ? new URLSearchParams(url.hash.slice(1)) : url.searchParams
  if (parameters.size === 0) {
    throw refuse('what was pasted is cut off: it lacks the part after the question mark')
  }
  const missing = [['state'], answers].find((names) => !names.some((name) => parameters.get(name)))
  if (missing === undefined) return parameters
  throw refuse(`what was pasted is cut off: it has no "${missing[0]}="`)
}

function otherPage(url: URL, hint: string): RequestInvalidError {
  if (loopbackNames.includes(url.hostname) && !url.searchParams.has('response_type')) {
    const message = 'what was pasted is the address of another page, or of an older sign-in'
    return new RequestInvalidError(message, { hint })
  }
  return new RequestInvalidError(
    `what was pasted is an address of "${url.host}", from before the end of the sign-in`,
    { hint: `${hint}; where the page shows an error, paste the line with its number or name` },
  )
}

/** Blanks, quotes, and what mail, a shell or a page puts before "&" are no part of an address. */
function withoutWrapping(pasted: string): string {
  const text = pasted.replaceAll(/\s+/g, '').replace(/^["'<`(]+/, '')
  // A pattern that ends in $ takes a time in proportion to the square of the text's length.
  let end = text.length
  while (end > 0 && `"'>\`)`.includes(text.charAt(end - 1))) end--
  return text
    .slice(0, end)
    .replaceAll(/&(amp|#38|#x26);/gi, '&')
    .replaceAll(/\\(?=[?&=])/g, '')
}

/** Undefined for what is not the address of a web page. */
function urlOf(text: string, wanted: URL): URL | undefined {
  // Just the part from the question mark on, or behind it.
  const [, query] = /^[?#&]?((?:code|state|error|iss|session_state)=.*)$/s.exec(text) ?? []
  if (query !== undefined) return parse(`${wanted.href.split('?')[0]}?${query}`)
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? []
  if (scheme !== undefined) return /^https?$/i.test(scheme) ? parse(text) : undefined
  if (/^(localhost|127\.0\.0\.1|\[::1\])[:/?]/i.test(text)) return parse(`http://${text}`)
  const isOfWanted = text.toLowerCase().startsWith(`${wanted.host}/`)
  return isOfWanted ? parse(`${wanted.protocol}//${text}`) : undefined
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function isOf(url: URL, wanted: URL): boolean {
  // A browser that prefers https changes the scheme, and keeps the port that is there.
  const isHere = url.hostname === wanted.hostname || loopbackNames.includes(url.hostname)
  return isHere && portOf(url) === portOf(wanted) && url.pathname === wanted.pathname
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}

function notAnAddress(text: string): string {
  return /^[\w.~!*-]{16,}$/.test(text)
    ? 'what was pasted looks like the code alone, or the end of an address'
    : 'what was pasted is not the address of a web page'
}

/** Why a redirect URI does not count: its state is another's, cut off, or its answer was there before. */
export function notOfThisSignIn(kind: 'foreign' | 'cut_off' | 'repeated'): RequestInvalidError {
  switch (kind) {
    case 'repeated':
      return new RequestInvalidError('this sign-in was answered already', {
        hint: 'wait for its outcome',
      })
    case 'cut_off':
      return new RequestInvalidError('what was pasted is cut off: its "state=" goes on', {
        hint: 'paste the whole address, or the rest of it',
      })
    case 'foreign':
      return new RequestInvalidError('what was pasted belongs to another sign-in', {
        hint: 'open the address that was printed last, and paste where that one leads',
      })
  }
}
