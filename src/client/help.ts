import { foldText } from '../command-line/fold-text.ts'
import {
  describeOptions,
  describeRow,
  describeRows,
  helpWidth,
  type Option,
  wrapWords,
  writtenOption,
} from '../command-line/option-table.ts'
import { commonOptions, ownOptions } from './applicable-options.ts'
import { commandExamples } from './command-examples.ts'
import { type CommandName, commands, commandTable, type Command } from './command-table.ts'
import { environmentVariables } from './environment-variables.ts'
import { exitMeanings } from './exit-status.ts'
import { type OptionName, optionTable } from './options.ts'

/** The ways to call the client without a command. */
export const synopses = [
  'cms-oauth --user=ADDRESS [--cms_sock=PATH] [--proto=PROTO] [--output=FORMAT] [--no_newline]',
  'cms-oauth --user=ADDRESS --test-smtp=HOST[:PORT]   (also --test-imap, --test-pop)',
]

/** The text of `cms-oauth --help`, made from the tables of commands and options. */
export function helpText(columns = Infinity): string {
  const width = Math.min(columns, helpWidth)
  const rows = commands.map(([name, { operand, help }]) =>
    describeRow([name, operand].join(' ').trimEnd(), help, width),
  )
  const meanings = Object.entries(exitMeanings).map(([status, meaning]) => `${status} ${meaning}`)
  const text = `Usage:
${synopses.map((synopsis) => `  ${synopsis}\n`).join('')}  cms-oauth COMMAND

Commands:
${rows.join('')}
Options:
${describeOptions(optionTable, width)}
Environment:
${describeRows(environmentVariables, width)}
${wrapWords(`Exit status: ${meanings.join('; ')}.`, width).join('\n')}
`
  return foldText(text, columns)
}

/** The text of `cms-oauth COMMAND --help`. */
export function commandHelp(name: CommandName, columns = Infinity): string {
  const width = Math.min(columns, helpWidth)
  const command: Command = commandTable[name]
  const own = ownOptions(command)
  const options =
    own.length === 0 ? '' : `\nOptions:\n${describeOptions(tableOf(own, name), width)}`
  const examples = commandExamples[name].map((line) => `  ${line}\n`)
  const text = `Usage:
${wrapWords(commandSynopsis(name, command), width - 2)
  .map((line) => `  ${line}\n`)
  .join('')}
${command.help.charAt(0).toUpperCase()}${command.help.slice(1)}.
${options}
With every command:
${describeOptions(tableOf(commonOptions, name), width)}
Examples:
${examples.join('')}`
  return foldText(text, columns)
}

/** How a command is called, with its operand and options. */
export function commandSynopsis(name: CommandName, command: Command): string {
  const options = ownOptions(command).map(
    (option) => `[${writtenOption(option, optionTable[option])}]`,
  )
  return ['cms-oauth', name, command.operand ?? '', ...options]
    .filter((word) => word !== '')
    .join(' ')
}

/** Rows of the table; without a command they say which commands they belong to. */
function tableOf(names: readonly OptionName[], command: CommandName): Record<string, Option> {
  return Object.fromEntries(
    names.map((name) => {
      const option: Option = optionTable[name]
      return [
        name,
        {
          ...option,
          help: option.help
            .replace(/^[a-z, ]+(?=: )/, (owners) =>
              owners.split(', ').includes(command) ? '' : owners,
            )
            .replace(/^: /, ''),
        },
      ]
    }),
  )
}
