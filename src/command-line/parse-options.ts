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

interface Known {
  name: string
  option: Option
}

/**
 * The words and options of a command line, whether names are written with `_` or `-`; the last one
 * of a repeated option counts, unless it is repeatable. `program` names itself in hints. It is read as node:util's
 * parseArgs reads it, which takes 3 % of the time in which the client prints a token.
 * @throws UsageError for an option that is not in the table, and for a missing or superfluous value
 */
export function parseOptions<T extends Record<string, Option>>(
  argv: readonly string[],
  { table, program }: { table: T; program: string },
): CommandLine<T> {
  const seeHelp = `see "${program} --help"`
  const known = knownOptions(table)
  const words: string[] = []
  const options: Record<string, string | boolean> = {}
  const rest = [...argv]
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === '--') words.push(...rest.splice(0))
    else if (!isOption(argument)) words.push(argument)
    else {
      for (const given of readOptions(argument)) {
        const { name, option } = known.get(given.name) ?? unknown(given, table, seeHelp)
        if (option.type === 'string') given.value ??= rest.shift()
        const value = valueOf(given, option, seeHelp)
        const before = option.isRepeatable === true ? options[name] : undefined
        options[name] = before === undefined ? value : `${before},${value}`
      }
    }
  }
  return { words, options: options as OptionValues<T> }
}

/** By the dashes and names with which they are written. */
function knownOptions(table: Record<string, Option>): Map<string, Known> {
  const known = new Map<string, Known>()
  for (const [name, option] of Object.entries(table)) {
    known.set(`--${writtenName(name, option)}`, { name, option })
    if (option.short !== undefined) known.set(`-${option.short}`, { name, option })
  }
  return known
}

interface GivenOption {
  /** With its dashes. */
  name: string
  value?: string | undefined
  /** True if the value follows a `=`. */
  isInline: boolean
}

function isOption(argument: string): boolean {
  return argument.length > 1 && argument.startsWith('-')
}

/** One with a long name; of `-xy` both. */
function readOptions(argument: string): GivenOption[] {
  if (!argument.startsWith('--')) {
    return Array.from(argument.slice(1), (letter) => ({ name: `-${letter}`, isInline: false }))
  }
  const at = argument.indexOf('=', '--n'.length)
  if (at === -1) return [{ name: argument.replaceAll('_', '-'), isInline: false }]
  const name = argument.slice(0, at).replaceAll('_', '-')
  return [{ name, value: argument.slice(at + 1), isInline: true }]
}

function unknown({ name }: GivenOption, table: Record<string, Option>, seeHelp: string): never {
  const written = Object.entries(table).map(([known, option]) => writtenName(known, option))
  const nearest = nearestKnown(name.replace(/^--?/, ''), written)
  throw new UsageError(`there is no option "${name}"`, {
    hint: nearest === undefined ? seeHelp : `did you mean "--${nearest}"?`,
  })
}

function valueOf(given: GivenOption, option: Option, seeHelp: string): string | boolean {
  const { name, value, isInline } = given
  if (option.type === 'boolean') {
    if (value === undefined) return option.isNegated !== true
    throw new UsageError(`${name} does not take a value`, { hint: seeHelp })
  }
  // The next option is not a value.
  if (value !== undefined && (isInline || !isOption(value))) return value
  throw new UsageError(`${name} needs a value`, { hint: `write ${name}=${option.value}` })
}
