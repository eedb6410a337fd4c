import { commands } from '../command-table.ts'
import { accountsCommand, type Values, valuesOf, writtenOptions } from './words.ts'

/** The completion for zsh: for `eval`, or as the file `_cms-oauth` in a directory of fpath. */
export function zshCompletion(): string {
  return `#compdef cms-oauth
_cms_oauth_accounts() {
  local -a accounts
  accounts=(\${(f)"$(${accountsCommand})"})
  compadd -a accounts
}
_cms_oauth_operand() {
  case $words[1] in
${operandCases()}  esac
}
_cms_oauth() {
  _arguments \\
${writtenOptions.map(([name, option]) => `    ${argument(name, option)} \\\n`).join('')}    ${quote(`1:command:((${commands.map(describe).join(' ')}))`)} \\
    '*::operand:_cms_oauth_operand'
}
if [[ $funcstack[1] == _cms-oauth ]]; then _cms_oauth "$@"; else compdef _cms_oauth cms-oauth; fi
`
}

/** `_arguments` evaluates it once more. */
function describe([name, { help }]: (typeof commands)[number]): string {
  return `${name}\\:"${help.replaceAll(/["\\$`]/g, String.raw`\$&`)}"`
}

function argument(name: string, option: { value?: string; help: string }): string {
  const { value } = option
  const help = option.help.replaceAll(/[[\]:]/g, String.raw`\$&`)
  if (value === undefined) return quote(`--${name}[${help}]`)
  const label = value.replaceAll(/[[\]:]/g, '')
  return quote(`--${name}=[${help}]:${label}:${action(valuesOf(value))}`)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function operandCases(): string {
  return commands
    .map(([name, { operand }]) => {
      const values = valuesOf(operand)
      if (values === undefined) return ''
      const isList = values !== 'addresses' && values !== 'files'
      return `    ${name}) ${isList ? `compadd ${values.join(' ')}` : action(values)} ;;\n`
    })
    .join('')
}

function action(values: Values): string {
  switch (values) {
    case undefined:
      return ' '
    case 'addresses':
      return '_cms_oauth_accounts'
    case 'files':
      return '_files'
    default:
      return `(${values.join(' ')})`
  }
}
