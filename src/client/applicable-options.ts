import { writtenName } from '../command-line/option-table.ts'
import { UsageError } from '../errors.ts'
import { type Command, type CommandName, commands, isCommand } from './command-table.ts'
import { type CommandLine, loginTestOptions, type OptionName, optionTable } from './options.ts'

/** Options that every command line may have. */
export const commonOptions: readonly OptionName[] = ['control-sock', 'config', 'help', 'version']
const withoutCommand: readonly OptionName[] = [
  'user',
  'cms-sock',
  'proto',
  'output',
  'newline',
  ...Object.values(loginTestOptions),
  'verbose',
]

/** The options of a command, or of a call without one, that are not common to all. */
export function ownOptions(command: Command | undefined): readonly OptionName[] {
  return command === undefined ? withoutCommand : (command.options ?? [])
}

/**
 * Refuses an option that would be ignored: whoever wrote it expects an effect. @throws UsageError
 */
export function refuseForeignOptions({ words, options }: CommandLine): void {
  const [name] = words
  // --help comes before complaints about other options.
  if (options.help === true || (name !== undefined && !isCommand(name))) return
  const command = commands.find(([known]) => known === name)?.[1]
  const allowed = [...ownOptions(command), ...commonOptions]
  const foreign = (Object.keys(options) as OptionName[]).find((option) => !allowed.includes(option))
  if (foreign === undefined) return
  const written = `--${writtenName(foreign, optionTable[foreign])}`
  if (name === undefined) {
    throw new UsageError(`${written} belongs to a command`, {
      hint: `see "${helpOfOwner(foreign)}"`,
    })
  }
  const takesUser = foreign === 'user' && command?.operand?.includes('ADDRESS') === true
  throw new UsageError(`"${name}" does not take ${written}`, {
    hint: takesUser
      ? `write "cms-oauth ${name} ${options.user}"`
      : `see "cms-oauth ${name} --help"`,
  })
}

/** Where to find the help for an option that belongs to commands. */
function helpOfOwner(option: OptionName): string {
  const owners = commands.filter(([, command]) => ownOptions(command).includes(option))
  const [only, ...others] = owners.map(([name]): CommandName => name)
  return only === undefined || others.length > 0 ? 'cms-oauth --help' : `cms-oauth ${only} --help`
}
