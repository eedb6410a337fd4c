import { writtenName } from '../../command-line/option-table.ts'
import { ownOptions } from '../applicable-options.ts'
import { type Command, commands } from '../command-table.ts'
import { optionTable } from '../options.ts'
import {
  accountsCommand,
  daemonOptionsCommand,
  type Values,
  valuesOf,
  writtenOptions,
} from './words.ts'

/** The completion for fish: the file `cms-oauth.fish` in ~/.config/fish/completions. */
export function fishCompletion(): string {
  const lines = [
    `function __cms_oauth_accounts; ${accountsCommand}; end`,
    'complete -c cms-oauth -f',
    ...writtenOptions.map(([name, { short, value, help }]) =>
      line([
        ...whereIt(name),
        `-l ${name}`,
        ...(short === undefined ? [] : [`-s ${short}`]),
        ...(value === undefined ? [] : [`-r ${action(valuesOf(value))}`.trimEnd()]),
        `-d ${quote(help)}`,
      ]),
    ),
    ...commands.flatMap(([name, { operand, help }]) => {
      const values = valuesOf(operand)
      return [
        line([`-n __fish_use_subcommand -a ${name} -d ${quote(help)}`]),
        ...(values === undefined
          ? []
          : [line([`-n '__fish_seen_subcommand_from ${name}' ${action(values)}`])]),
      ]
    }),
    'complete -c cms-oauthd -f',
    `complete -c cms-oauthd -a '(${daemonOptionsCommand.replaceAll("'", '"')})'`,
    'complete -c cms-oauthd -l config -r -F',
  ]
  return `# fish completion for cms-oauth\n${lines.join('\n')}\n`
}

/** The condition under which an option is offered; none for options common to all commands. */
function whereIt(written: string): string[] {
  const fits = (command: Command | undefined) =>
    ownOptions(command).some((name) => writtenName(name, optionTable[name]) === written)
  const owners = commands.filter(([, command]) => fits(command)).map(([name]) => name)
  const conditions = [
    ...(fits(undefined) ? ['__fish_use_subcommand'] : []),
    ...(owners.length > 0 ? [`__fish_seen_subcommand_from ${owners.join(' ')}`] : []),
  ]
  return conditions.length === 0 ? [] : [`-n '${conditions.join('; or ')}'`]
}

function line(parts: string[]): string {
  return `complete -c cms-oauth ${parts.join(' ')}`
}

function action(values: Values): string {
  switch (values) {
    case undefined:
      return '-f'
    case 'addresses':
      return `-f -a '(__cms_oauth_accounts)'`
    case 'files':
      return '-F'
    default:
      return `-f -a ${quote(values.join(' '))}`
  }
}

/** In fish's single quotes a backslash escapes only itself and the quote. */
function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}
