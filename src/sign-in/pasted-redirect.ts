import { RequestInvalidError } from '../errors.ts'

const whichAddress =
  'paste the whole address that the browser shows when it cannot open the page after the sign-in; it begins with'

/**
 * The parameters in the address that a person copied from a browser: one of `redirectUri`.
 * @throws RequestInvalidError that never repeats what was pasted, which may hold a code
 */
export function parsePastedRedirect(pasted: string, redirectUri: string): URLSearchParams {
  const hint = `${whichAddress} "${redirectUri}"`
  const wanted = new URL(redirectUri)
  // Copied from a mail or a chat it comes in quotes or angle brackets.
  const text = pasted.trim().replace(/^["'<](.*)["'>]$/s, '$1')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new RequestInvalidError('what was pasted is no address of a web page', { hint })
  }
  if (url.origin !== wanted.origin || url.pathname !== wanted.pathname) {
    const isFirst = url.protocol === 'https:'
    throw new RequestInvalidError(
      isFirst
        ? `what was pasted is an address of "${url.host}", from before the end of the sign-in`
        : 'what was pasted is the address of another page, or of an older sign-in',
      { hint },
    )
  }
  if (url.search === '') {
    throw new RequestInvalidError('what was pasted lacks the part after the question mark', {
      hint,
    })
  }
  return url.searchParams
}

/** Why a redirect URI does not count: its state is another's, or its answer was there before. */
export function notOfThisSignIn(kind: 'foreign' | 'repeated'): RequestInvalidError {
  return kind === 'repeated'
    ? new RequestInvalidError('this sign-in has had its answer already', {
        hint: 'wait for its outcome',
      })
    : new RequestInvalidError('what was pasted belongs to another sign-in', {
        hint: 'open the address that was printed last, and paste where that one ends',
      })
}
