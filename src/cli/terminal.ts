import type { CmsOauthError } from '../errors.ts'

/** Tells a person what is wrong and what to do: on standard error, so that no program takes it. */
export function printError({ message, hint }: CmsOauthError): void {
  printLines(paint('cms-oauth: error:', '31;1'), message)
  if (hint !== '') printLines(paint('cms-oauth: hint:', '36;1'), hint)
}

/** Whatever wrote the text, it does not get at the terminal. */
function printLines(start: string, text: string): void {
  for (const line of text.split('\n')) {
    process.stderr.write(`${start} ${line.replace(/\p{Cc}/gu, '?')}\n`)
  }
}

function paint(text: string, codes: string): string {
  const isPlain = !process.stderr.isTTY || (process.env['NO_COLOR'] ?? '') !== ''
  return isPlain ? text : `\u001b[${codes}m${text}\u001b[0m`
}
