import { columnsOf, foldText } from '../command-line/fold-text.ts'
import type { CmsOauthError } from '../errors.ts'
import { providerWords, supportWords } from '../oauth/provider-words.ts'
import { visible } from '../socket-client/what-came.ts'

/** Where text for people is shown. */
export interface Screen {
  /** Characters in a line; Infinity if it is not a terminal. */
  columns: number
  /** The text in a colour (SGR parameters), or unchanged if there are none. */
  paint: (text: string, codes: string | undefined) => string
}

/** The properties of an output stream. */
export interface Output {
  isTTY?: boolean
  /** 0 or absent if the terminal does not say. */
  columns?: number
}

/** An output stream as a screen: no colours with NO_COLOR, with TERM=dumb, or without a terminal. */
export function screenOf(output: Output, env: NodeJS.ProcessEnv): Screen {
  const isPlain = output.isTTY !== true || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return {
    columns: columnsOf(output),
    paint: (text, codes) =>
      isPlain || codes === undefined ? text : `\u001b[${codes}m${text}\u001b[0m`,
  }
}

/**
 * Prints what is wrong and what to do, on standard error, so that no program takes it for output; where
 * a provider refused, also its own words and what its support asks for.
 */
export function printError(error: CmsOauthError): void {
  print('error', '31;1', error)
  if (!('answer' in error)) return
  const { answer, message } = error
  const said = message.includes(answer.description ?? answer.error ?? '')
    ? ''
    : providerWords(answer)
  const rows = { 'provider said': said, 'for support': supportWords(answer) }
  for (const [name, text] of Object.entries(rows)) {
    if (text !== '') printLines(`cms-oauth: ${name}:`, '36;1', text)
  }
}

/** Prints what may be wrong, in the same way. */
export function printWarning(warning: Pick<CmsOauthError, 'message' | 'hint'>): void {
  print('warning', '33;1', warning)
}

function print(
  level: string,
  colour: string,
  { message, hint }: Pick<CmsOauthError, 'message' | 'hint'>,
): void {
  printLines(`cms-oauth: ${level}:`, colour, message)
  if (hint !== '') printLines('cms-oauth: hint:', '36;1', hint)
}

/** Without control characters, so that no text from elsewhere can control the terminal. */
function printLines(start: string, colour: string, text: string): void {
  const { paint, columns } = screenOf(process.stderr, process.env)
  for (const line of text.split('\n')) {
    const folded = foldText(`${start} ${visible(line)}`, columns)
    process.stderr.write(`${paint(start, colour)}${folded.slice(start.length)}\n`)
  }
}

/** Prints progress on standard output, for commands without output for programs. */
export function say(text: string): void {
  process.stdout.write(`${foldText(text, columnsOf(process.stdout))}\n`)
}
