import { type Command, commands } from '../command-table.ts'
import {
  accountsCommand,
  daemonOptionsCommand,
  optionsAfter,
  type Values,
  valuesOf,
  writtenOptions,
} from './words.ts'

/**
 * The completion for bash. It splits the line itself, since bash breaks words at `=` and `@`, and
 * so takes options and addresses apart.
 */
export function bashCompletion(): string {
  return `# bash completion for cms-oauth
_cms_oauth_accounts() {
  ${accountsCommand}
}
_cms_oauth() {
  local line=\${COMP_LINE:0:COMP_POINT} current words before choices word command= after
  current=\${line##*[[:space:]=]}
  before=\${line%"$current"}
  read -ra words <<<"\${before//=/ }"
  for word in "\${words[@]:1}"; do
    case $word in ${commands.map(([name]) => name).join('|')}) command=$word; break ;; esac
  done
  case $command in
${optionCases()}    *) choices='${optionWords(undefined)}' ;;
  esac
  after=\${words[-1]}
  case $after in ${valueOptions()}) ;; -*) after=$command ;; esac
  if [[ $current != -* ]]; then
    case $after in
${cases()}      cms-oauth) choices="${commands.map(([name]) => name).join(' ')} $choices" ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
  if [[ $COMP_WORDBREAKS == *@* && $current == *@* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"\${current%@*}@"}")
  fi
  if [[ \${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
}
complete -F _cms_oauth cms-oauth
_cms_oauthd() {
  local line=\${COMP_LINE:0:COMP_POINT} current
  current=\${line##*[[:space:]=]}
  if [[ $line =~ --config[[:space:]=][^[:space:]]*$ ]]; then
    compopt -o filenames
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(${daemonOptionsCommand})" -- "$current"))
    if [[ \${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
  fi
}
complete -F _cms_oauthd cms-oauthd
`
}

function optionCases(): string {
  return commands
    .map(([name, command]) => `    ${name}) choices='${optionWords(command)}' ;;\n`)
    .join('')
}

function optionWords(command: Command | undefined): string {
  return optionsAfter(command)
    .map(([name, { value }]) => (value === undefined ? `--${name}` : `--${name}=`))
    .join(' ')
}

function cases(): string {
  const options = writtenOptions
    .filter(([, { value }]) => value !== undefined)
    .map(([name, { value }]) => `      ${spellings(name)}) ${action(valuesOf(value))} ;;\n`)
  const operands = commands
    .filter(([, { operand }]) => operand !== undefined)
    .map(([name, { operand }]) => `      ${name}) ${action(valuesOf(operand))} ;;\n`)
  return [...options, ...operands].join('')
}

/** What is followed by a value: after any other option comes what comes after the command. */
function valueOptions(): string {
  return writtenOptions
    .filter(([, { value }]) => value !== undefined)
    .map(([name]) => spellings(name))
    .join('|')
}

function spellings(name: string): string {
  return [...new Set([`--${name}`, `--${name.replaceAll('-', '_')}`])].join('|')
}

function action(values: Values): string {
  switch (values) {
    case undefined:
      return 'choices='
    case 'addresses':
      return 'choices=$(_cms_oauth_accounts)'
    case 'files':
      return 'compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return'
    default:
      return `choices='${values.join(' ')}'`
  }
}
