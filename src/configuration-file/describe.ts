import type * as z from 'zod'
import { foldText } from '../command-line/fold-text.ts'
import { helpWidth, wrapWords } from '../command-line/option-table.ts'
import { sections } from './schema.ts'

const arrays = ['account', 'socket', 'token_file', 'bridge', 'outbox']
const indent = 6

/** One section of the configuration, as `--help-config` and the manual page describe it. */
export interface DescribedSection {
  /** With its brackets, like `[[account]]`. */
  header: string
  keys: { name: string; text: string }[]
}

/** Every key of the configuration with its meaning. */
export function describedSections(): DescribedSection[] {
  return Object.entries(sections).map(([name, keys]) => ({
    header: arrays.includes(name) ? `[[${name}]]` : `[${name}]`,
    keys: Object.entries(keys).map(([key, schema]) => ({ name: key, text: textOf(schema) })),
  }))
}

/** The text of `--help-config`, with lines of at most so many characters. */
export function describeConfiguration(columns = Infinity): string {
  const width = Math.min(columns, helpWidth)
  const texts = describedSections().map(
    ({ header, keys }) => `${header}\n${keys.map((key) => describeKey(key, width)).join('')}`,
  )
  const durations = 'Durations are numbers with ms, s, m, h or d; sizes with KiB, MiB or GiB.'
  const end = [durations, '"~" is the home of the daemon\'s user.']
  return `${texts.join('\n')}\n${end.map((line) => foldText(line, columns)).join('\n')}\n`
}

function describeKey({ name, text }: { name: string; text: string }, width: number): string {
  const margin = ' '.repeat(indent)
  return `  ${name}\n${margin}${wrapWords(text, width - indent).join(`\n${margin}`)}\n`
}

function textOf(schema: z.ZodType): string {
  const fallback = defaultOf(schema)
  const values = valuesOf(schema)
  const need = schema.isOptional() ? '' : ' (required)'
  return [
    `${schema.description ?? ''}${need}`,
    ...(values === undefined ? [] : [`one of ${values.join(', ')}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ].join('; ')
}

function defaultOf(schema: z.ZodType): string | undefined {
  const { defaultValue } = schema.def as { defaultValue?: unknown }
  const isPlain = ['string', 'number'].includes(typeof defaultValue)
  return isPlain || Array.isArray(defaultValue) ? JSON.stringify(defaultValue) : undefined
}

function valuesOf(schema: z.ZodType): string[] | undefined {
  const { innerType, entries, element } = schema.def as {
    innerType?: z.ZodType
    element?: z.ZodType
    entries?: Record<string, string>
  }
  if (entries !== undefined) return Object.values(entries)
  const inner = innerType ?? element
  return inner && valuesOf(inner)
}
