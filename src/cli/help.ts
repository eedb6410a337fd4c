import { optionTable, writtenName } from './options.ts'

const column = 26

/** The text of `cms-oauth --help`, made from the table of options. */
export function helpText(): string {
  return `Usage:
  cms-oauth --user=ADDRESS [--cms_sock=PATH] [--proto=PROTO] [--output=FORMAT] [--no_newline]
  cms-oauth --user=ADDRESS --test-smtp=HOST[:PORT]   (also --test-imap, --test-pop)
  cms-oauth login [ADDRESS]      sign in in a browser
  cms-oauth logout ADDRESS       forget the sign-in
  cms-oauth status               accounts, their states, and what to do
  cms-oauth refresh ADDRESS      fetch a new token now
  cms-oauth reload               make the daemon read its configuration again
  cms-oauth import ADDRESS       take a refresh token from standard input

Options:
${Object.entries(optionTable).map(describe).join('')}
Exit status: 0; 64 bad usage; 67 unknown account; 69 no daemon; 75 try later; 76 the provider broke
the protocol; 77 sign-in needed or permission denied; 78 bad configuration.
`
}

function describe([name, option]: [
  string,
  (typeof optionTable)[keyof typeof optionTable],
]): string {
  const short = 'short' in option ? `-${option.short}, ` : ''
  const value = 'value' in option ? `=${option.value}` : ''
  const left = `  ${short}--${writtenName(name, option)}${value}`
  const gap = left.length < column ? ' '.repeat(column - left.length) : `\n${' '.repeat(column)}`
  return `${left}${gap}${option.help}\n`
}
