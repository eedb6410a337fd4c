import type * as z from 'zod'
import { wrapWords } from '../command-line/option-table.ts'
import { sections } from './schema.ts'

const arrays = ['account', 'socket', 'token_file', 'bridge', 'outbox']
const indent = 6
const width = 96

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

/** The text of `--help-config`. */
export function describeConfiguration(): string {
  const texts = describedSections().map(
    ({ header, keys }) =>
      `${header}\n${keys.map(({ name, text }) => describeKey(name, text)).join('')}`,
  )
  return `${texts.join('\n')}\nDurations are numbers with ms, s, m, h or d; sizes with KiB, MiB or GiB.\n"~" is the home of the daemon's user.\n`
}

function describeKey(name: string, text: string): string {
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
