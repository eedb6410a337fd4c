import type { CmsOauthError } from '../errors.ts'

/** Where text for people is shown. */
export interface Screen {
  /** Characters in a line; Infinity if it is not a terminal. */
  columns: number
  /** The text in a colour (SGR parameters), or unchanged if there are none. */
  paint: (text: string, codes: string | undefined) => string
}

/** The properties of an output stream. */
interface Output {
  isTTY?: boolean
  columns?: number
}

/** An output stream as a screen: no colours with NO_COLOR, with TERM=dumb, or without a terminal. */
export function screenOf({ isTTY = false, columns = 0 }: Output, env: NodeJS.ProcessEnv): Screen {
  const isPlain = !isTTY || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb'
  return {
    // A terminal that does not say how wide it is says 0.
    columns: isTTY ? columns || 80 : Infinity,
    paint: (text, codes) =>
      isPlain || codes === undefined ? text : `\u001b[${codes}m${text}\u001b[0m`,
  }
}

/**
 * Prints what is wrong and what to do, on standard error, so that no program takes it for output.
 */
export function printError(error: CmsOauthError): void {
  print('error', '31;1', error)
}

/** Prints what may be wrong, in the same way. */
export function printWarning(told: Pick<CmsOauthError, 'message' | 'hint'>): void {
  print('warning', '33;1', told)
}

function print(
  level: string,
  colour: string,
  { message, hint }: Pick<CmsOauthError, 'message' | 'hint'>,
): void {
  const { paint } = screenOf(process.stderr, process.env)
  printLines(paint(`cms-oauth: ${level}:`, colour), message)
  if (hint !== '') printLines(paint('cms-oauth: hint:', '36;1'), hint)
}

/** Without control characters, so that no text from elsewhere can control the terminal. */
function printLines(start: string, text: string): void {
  for (const line of text.split('\n')) {
    process.stderr.write(`${start} ${line.replace(/\p{Cc}/gu, '?')}\n`)
  }
}

/** Prints progress on standard output, for commands without output for programs. */
export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
