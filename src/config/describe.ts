import type * as z from 'zod'
import { sections } from './schema.ts'

const arrays = ['account', 'socket']
const indent = 4
const width = 96

/** Every key of the configuration with its meaning: the text of `--help-config`. */
export function describeConfiguration(): string {
  const texts = Object.entries(sections).map(([name, keys]) => {
    const header = arrays.includes(name) ? `[[${name}]]` : `[${name}]`
    return `${header}\n${Object.entries(keys).map(describeKey).join('')}`
  })
  return `${texts.join('\n')}\nDurations are numbers with ms, s, m, h or d. "~" is the home of the daemon's user.\n`
}

function describeKey([name, schema]: [string, z.ZodType]): string {
  const fallback = defaultOf(schema)
  const values = valuesOf(schema)
  const need = schema.isOptional() ? '' : ' (required)'
  const text = [
    `${schema.description ?? ''}${need}`,
    ...(values === undefined ? [] : [`one of ${values.join(', ')}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
  ].join('; ')
  return `  ${name}\n${wrap(text)}\n`
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

function wrap(text: string): string {
  const lines: string[] = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    const isFull = line.length + word.length + indent + 3 > width
    if (line === '') lines[lines.length - 1] = word
    else if (isFull) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.map((line) => `${' '.repeat(indent + 2)}${line}`).join('\n')
}
