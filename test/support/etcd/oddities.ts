/** Answers that no gateway should give, and some do: each made of a good one. */
import type { OddAnswer, Wire } from './memory-gateway.ts'

/** An odd answer, by what is odd. */
export type OddityOf = (good: Wire) => OddAnswer | Wire

const whole = (good: Wire) => JSON.stringify(good)
const half = (good: Wire) => whole(good).slice(0, whole(good).length / 2)

/** Has every part of an answer with this name be another one; what comes back undefined is left out. */
function each(name: string, change: (value: unknown) => unknown): OddityOf {
  const changed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(changed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === name ? change(inner) : changed(inner),
      ]),
    )
  }
  return (good) => changed(good) as Wire
}

function without(name: string): OddityOf {
  return each(name, () => undefined)
}

function numeric(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(numeric)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, numeric(inner)]))
  }
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** Those that are not an answer of etcd, whatever was asked. */
export const strangers: Record<string, OddityOf> = {
  'without a header': without('header'),
  'with null as its header': each('header', () => null),
  'with numbers in place of text': (good) => numeric(good) as Wire,
  'that is a list': (good) => ({ body: `[${whole(good)}]` }),
  'that is null': () => ({ body: 'null' }),
  'without anything': () => ({ body: '' }),
  'that is cut in the middle': (good) => ({ body: half(good) }),
  'that is cut in the middle, as HTTP/1.0 has it': (good) => ({
    body: half(good),
    length: 'unsaid',
  }),
  'whose connection breaks in the middle': (good) => ({
    body: half(good),
    length: whole(good).length,
    isCut: true,
  }),
  'with an error and status 200': () => ({
    body: '{"error":"what is this","message":"what is this"}',
  }),
  'with status 204': () => ({ status: 204, body: '' }),
  'with status 206': (good) => ({ status: 206, body: half(good) }),
}

/** Those that are an answer, but not to what was asked: of transactions. */
export const transactionOddities: Record<string, OddityOf> = {
  ...strangers,
  'of which nobody knows when it was so': each('header', (value) => ({
    ...(value as Wire),
    revision: undefined,
  })),
  'without responses': without('responses'),
  'with no responses': each('responses', () => []),
  'with one response less': each('responses', (value) => list(value).slice(1)),
  'with one response more': each('responses', (value) => [...list(value), {}]),
  'with empty responses': each('responses', (value) => list(value).map(() => ({}))),
  'of the other branch': (good) => ({ ...good, succeeded: good['succeeded'] !== true }),
  'that says in words which branch was done': (good) => ({ ...good, succeeded: 'true' }),
}

/** The same of those that only read. */
export const readOddities: Record<string, OddityOf> = {
  ...transactionOddities,
  'with every key twice': each('kvs', (value) => [...list(value), ...list(value)]),
  'about other keys': each('key', () => Buffer.from('/elsewhere').toString('base64')),
  'about no key': without('key'),
  'without the revision of a key': without('mod_revision'),
  'with a revision of zero': each('mod_revision', () => '0'),
  'with a revision below zero': each('mod_revision', () => '-1'),
  'with a revision that has zeros before it': each('mod_revision', (value) => `0${String(value)}`),
  'with a revision beyond 64 bits': each('mod_revision', () => '9223372036854775808'),
  'with kvs that is not a list': each('kvs', () => ({})),
}

/** Those that are taken as they are, and must do no harm. */
export const harmless: Record<string, OddityOf> = {
  'as HTTP/1.0 has it': (good) => ({ body: whole(good), length: 'unsaid' }),
  'with fields that nobody knows': (good) => ({ ...good, note: 'x', responses_: [] }),
  'with fields twice': (good) => ({ body: `{"succeeded":false,${whole(good).slice(1)}` }),
  'with spaces and line feeds': (good) => ({ body: `\n ${JSON.stringify(good, undefined, 2)}\n` }),
}
