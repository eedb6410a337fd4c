/** What a person copies from an error page of Microsoft or Google, from which no browser comes back. */
import { type ProviderAnswer, RequestInvalidError } from '../../errors.ts'
import { findExplanation } from '../../oauth/explanations.ts'
import { refusalOf } from '../../oauth/refusal.ts'

const longestErrorText = 2_000

/** The pages that show neither a number nor a word, in English, and what they would show. */
const pages: [text: RegExp, answer: ProviderAnswer][] = [
  [/(?:can't|cannot) sign in here with a personal account/i, { aadsts: 500200 }],
  [/Microsoft account doesn't exist|find an account with that username/i, { aadsts: 50034 }],
  [/This username may be incorrect/i, { aadsts: 50034 }],
  [/Need admin approval|^\s*Approval required/i, { aadsts: 90094 }],
  [
    /cannot access this right now|can't get there from here|meet the criteria to/i,
    { aadsts: 53003 },
  ],
  [/being tested|Google verification process/i, { error: 'access_denied' }],
]

/**
 * What such a page means; undefined for a text that is not known to stand on one. The error never
 * repeats the text, which may hold a code.
 */
export function explainPastedError(user: string, pasted: string): RequestInvalidError | undefined {
  const text = pasted.slice(0, longestErrorText)
  const shown = answerOn(text)
  const row = findExplanation({ ...shown, description: text })
  if (row?.meaning !== undefined) return explained(user, { ...shown, description: text })
  if (row !== undefined || shown?.error !== undefined) return explained(user, shown ?? {})
  return shown?.aadsts === undefined ? undefined : unknownNumber(user, shown.aadsts)
}

function answerOn(text: string): ProviderAnswer | undefined {
  const [, number, error] = /AADSTS(\d{1,9})|Error \d{3}: (\w{1,40})/.exec(text) ?? []
  if (number !== undefined) return { aadsts: Number(number) }
  if (error !== undefined) return { error }
  return pages.find(([page]) => page.test(text))?.[1]
}

function explained(user: string, answer: ProviderAnswer): RequestInvalidError {
  const { message, hint } = refusalOf(user, answer, { request: 'sign-in' })
  return new RequestInvalidError(message, { hint })
}

function unknownNumber(user: string, aadsts: number): RequestInvalidError {
  return new RequestInvalidError(`Microsoft refuses the sign-in of "${user}" (AADSTS${aadsts})`, {
    hint: `open https://login.microsoftonline.com/error?code=${aadsts}, which says what it means; then run "cms-oauth login ${user}" again`,
  })
}
