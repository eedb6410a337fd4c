import { encode } from 'uqr'
import type { Output } from './terminal.ts'

const blackOnWhite = '\u001b[30;107m'
const plain = '\u001b[0m'

/**
 * The text as a QR code of half blocks (each character shows two modules, one above the other),
 * with a final line break; undefined if it cannot be shown: no terminal, too narrow, not UTF-8, or
 * dumb.
 */
export function qrCode(text: string, output: Output, env: NodeJS.ProcessEnv): string | undefined {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  if (output.isTTY !== true || env['TERM'] === 'dumb' || !/utf-?8/i.test(locale)) return undefined
  const { data, size } = encode(text, { border: 2 })
  if (size > (output.columns || 80)) return undefined
  let lines = ''
  for (let row = 0; row < size; row += 2) {
    const cells = Array.from({ length: size }, (_, column) =>
      block(data[row]?.[column] === true, data[row + 1]?.[column] === true),
    )
    lines += `${blackOnWhite}${cells.join('')}${plain}\n`
  }
  return lines
}

function block(isTopDark: boolean, isBottomDark: boolean): string {
  if (isTopDark) return isBottomDark ? '█' : '▀'
  return isBottomDark ? '▄' : ' '
}
