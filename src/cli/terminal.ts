import type { CmsOauthError } from '../errors.ts'

/** Tells a person what is wrong and what to do: on standard error, so that no program takes it. */
export function printError({ message, hint }: CmsOauthError): void {
  const { stderr } = process
  for (const line of message.split('\n')) {
    stderr.write(`${paint('cms-oauth: error:', '31;1')} ${line}\n`)
  }
  if (hint !== '') stderr.write(`${paint('cms-oauth: hint:', '36;1')} ${hint}\n`)
}

function paint(text: string, codes: string): string {
  const isPlain = !process.stderr.isTTY || (process.env['NO_COLOR'] ?? '') !== ''
  return isPlain ? text : `\u001b[${codes}m${text}\u001b[0m`
}
