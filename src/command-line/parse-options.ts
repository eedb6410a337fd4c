import { parseArgs } from 'node:util'
import { UsageError } from '../errors.ts'
import { nearestKnown } from './nearest-known.ts'
import { type Option, writtenName } from './option-table.ts'

/** The values that a command line gives the options of a table. */
export type OptionValues<T extends Record<string, Option>> = {
  [K in keyof T]?: T[K]['type'] extends 'string' ? string : boolean
}

interface CommandLine<T extends Record<string, Option>> {
  /** The arguments that are not options, in order. */
  words: string[]
  options: OptionValues<T>
}

/**
 * The words and options of a command line, whether names are written with `_` or `-`; the last one
 * of a repeated option counts, unless it is repeatable. `program` names itself in hints.
 * @throws UsageError for an option that is not in the table, and for a missing or superfluous value
 */
export function parseOptions<T extends Record<string, Option>>(
  argv: readonly string[],
  { table, program }: { table: T; program: string },
): CommandLine<T> {
  const seeHelp = `see "${program} --help"`
  const written = new Map(
    Object.entries(table).map(([name, option]) => [writtenName(name, option), { name, option }]),
  )
  const { tokens, positionals } = parseArgs({
    args: argv.map((argument) => argument.replace(/^--[^=]+/, (name) => name.replaceAll('_', '-'))),
    options: Object.fromEntries(
      Array.from(written, ([name, { option }]) => [name, nodeOption(option)]),
    ),
    strict: false,
    tokens: true,
  })
  const options: Record<string, string | boolean> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const known = written.get(token.name)
    if (known === undefined) throw unknownOption(token, [...written.keys()], seeHelp)
    const value = valueOf(token, known.option, seeHelp)
    const before = known.option.isRepeatable === true ? options[known.name] : undefined
    options[known.name] = before === undefined ? value : `${before},${value}`
  }
  return { words: positionals, options: options as OptionValues<T> }
}

function nodeOption({ type, short }: Option) {
  return short === undefined ? { type } : { type, short }
}

interface GivenOption {
  name: string
  /** With its dashes. */
  rawName: string
  value?: string | undefined
  /** True if the value follows a `=`. */
  inlineValue?: boolean | undefined
}

function unknownOption({ name, rawName }: GivenOption, known: string[], seeHelp: string) {
  const nearest = nearestKnown(name, known)
  return new UsageError(`there is no option "${rawName}"`, {
    hint: nearest === undefined ? seeHelp : `did you mean "--${nearest}"?`,
  })
}

function valueOf(given: GivenOption, option: Option, seeHelp: string): string | boolean {
  const { rawName, value, inlineValue = false } = given
  if (option.type === 'boolean') {
    if (value === undefined) return option.isNegated !== true
    throw new UsageError(`${rawName} does not take a value`, { hint: seeHelp })
  }
  // The next option is not a value.
  if (value !== undefined && (inlineValue || !/^-./.test(value))) return value
  throw new UsageError(`${rawName} needs a value`, { hint: `write ${rawName}=${option.value}` })
}
