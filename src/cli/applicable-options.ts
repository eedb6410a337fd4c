import { UsageError } from '../errors.ts'
import { writtenName } from '../option-table.ts'
import { commands } from './command-table.ts'
import { type CommandLine, loginTestOptions, type OptionName, optionTable } from './options.ts'

const everywhere: readonly OptionName[] = ['help', 'version', 'config', 'control-sock']
const withoutCommand: readonly OptionName[] = [
  'user',
  'cms-sock',
  'proto',
  'output',
  'newline',
  ...Object.values(loginTestOptions),
  'verbose',
]

/** Refuses an option that would be ignored: whoever wrote it expects something. @throws UsageError */
export function refuseForeignOptions({ words, options }: CommandLine): void {
  const [name] = words
  const command = commands.find(([known]) => known === name)?.[1]
  if (name !== undefined && command === undefined) return
  const own = command === undefined ? withoutCommand : (command.options ?? [])
  const given = Object.keys(options) as OptionName[]
  const foreign = given.find((option) => ![...own, ...everywhere].includes(option))
  if (foreign === undefined) return
  const written = `--${writtenName(foreign, optionTable[foreign])}`
  throw new UsageError(
    name === undefined ? `${written} belongs to a command` : `"${name}" takes no ${written}`,
    { hint: 'see "cms-oauth --help"' },
  )
}
