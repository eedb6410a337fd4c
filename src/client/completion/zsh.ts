import { type Command, commands } from '../command-table.ts'
import { accountsCommand, optionsAfter, type Values, valuesOf } from './words.ts'

/** The completion for zsh: for `eval`, or as the file `_cms-oauth` in a directory of fpath. */
export function zshCompletion(): string {
  return `#compdef cms-oauth
_cms_oauth_accounts() {
  local -a accounts
  accounts=(\${(f)"$(${accountsCommand})"})
  compadd -a accounts
}
_cms_oauth() {
  local word command
  for word in \${words[2,CURRENT-1]}; do
    case $word in (${commands.map(([name]) => name).join('|')}) command=$word; break ;; esac
  done
  case $command in
${commands.map(([name, command]) => `    (${name}) ${argumentsOf(command, `1:command:(${name})`)} ;;\n`).join('')}    (*) ${argumentsOf(undefined, `1:command:((${commands.map(commandSpec).join(' ')}))`)} ;;
  esac
}
if [[ $funcstack[1] == _cms-oauth ]]; then _cms_oauth "$@"; else compdef _cms_oauth cms-oauth; fi
if (( $+functions[compdef] )); then compdef _gnu_generic cms-oauthd; fi
`
}

function argumentsOf(command: Command | undefined, first: string): string {
  const values = valuesOf(command?.operand)
  const operand = values === undefined ? [] : [quote(`2:operand:${action(values)}`)]
  const options = optionsAfter(command).map(([name, option]) => argument(name, option))
  return ['_arguments', ...options, quote(first), ...operand].join(' ')
}

/** Quoted twice, because `_arguments` evaluates it again. */
function commandSpec([name, { help }]: (typeof commands)[number]): string {
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
