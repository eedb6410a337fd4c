import * as z from 'zod'
import { nearestKnown } from '../command-line/nearest-known.ts'
import { ConfigInvalidError } from '../errors.ts'
import { findWithoutOauth, insteadOfOauth, offersNoOauth } from '../provider-facts/without-oauth.ts'
import { findKeyLine, type KeyPath } from './key-lines.ts'
import { writtenFor } from './other-names.ts'
import { sections } from './schema.ts'

/** One thing that is wrong with a configuration file. */
export interface Problem {
  path: KeyPath
  /** Without the key's name. */
  what: string
  /** The next step, if there is a better one than to look the key up. */
  hint?: string
}

/** The next step of problems without a hint of their own. */
const generalHint = 'see "cms-oauthd --help-config" for every key and its values'

/** No name that somebody may mean is longer. */
const mostLetters = 40

/** Only the first problems of a file are listed. */
const mostLines = 20

/** The problems of a schema's refusal, in the words of the file; values are never repeated. */
export function problemsOf({ issues }: z.ZodError): Problem[] {
  // A misspelt key is also reported as missing: the misspelling comes first.
  const unknown = issues.filter(({ code }) => code === 'unrecognized_keys')
  const others = issues.filter(({ code }) => code !== 'unrecognized_keys')
  return [...unknown, ...others].flatMap(problemsOfIssue)
}

/** The error for these problems, with a line for each: `FILE:LINE: key "x": what is wrong`. */
export function refusal(
  file: string,
  text: string,
  problems: readonly Problem[],
): ConfigInvalidError {
  const lines = problems.slice(0, mostLines).map((problem) => {
    const line = `${file}:${findKeyLine(text, problem.path)}: ${sentenceOf(problem)}`
    const hasHint = problem.hint !== undefined && problems.length > 1
    return hasHint ? `${line} (${problem.hint})` : line
  })
  const rest = problems.length - lines.length
  if (rest > 0) lines.push(`${file}: and ${rest} more`)
  const hint = (problems.length === 1 ? problems[0]?.hint : undefined) ?? generalHint
  return new ConfigInvalidError(lines.join('\n'), { hint })
}

function sentenceOf({ path, what }: Problem): string {
  const key = path.findLast((part) => typeof part === 'string')
  return key === undefined ? what : `key ${JSON.stringify(key)}: ${what}`
}

function problemsOfIssue(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key]))
    case 'invalid_type':
      return [typeProblem(path, issue)]
    case 'invalid_value':
      return [choiceProblem(path, issue)]
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, what: message }))
    default:
      return [{ path, what: issue.message }]
  }
}

function choiceProblem(path: KeyPath, { values, input }: z.core.$ZodIssueInvalidValue): Problem {
  const known = path.at(-1) === 'preset' ? findWithoutOauth(String(input)) : undefined
  if (known !== undefined) {
    return { path, what: `${known.name} ${offersNoOauth}`, hint: insteadOfOauth(known) }
  }
  const verb = input === undefined ? 'is missing: it is' : 'must be'
  const what = `${verb} one of ${values.join(', ')}`
  const written =
    path.at(-1) === 'provider' ? writtenFor(String(input).slice(0, mostLetters)) : undefined
  return written === undefined ? { path, what } : { path, what, hint: `write ${written}` }
}

function typeProblem(path: KeyPath, { expected, input }: z.core.$ZodIssueInvalidType): Problem {
  if (input === undefined) return { path, what: 'is missing' }
  const what = `must be ${typeNames[expected] ?? expected}`
  if (expected === 'array' && typeof input === 'string') {
    return { path, what, hint: `put it into brackets: ${String(path.at(-1))} = ["..."]` }
  }
  const [name] = path
  if (path.length !== 1 || name === undefined) return { path, what }
  const header = expected === 'array' ? `[[${name}]]` : `[${name}]`
  return { path, what, hint: `begin the section with ${header}` }
}

/** In the words of TOML. */
const typeNames: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  array: 'an array',
  object: 'a table',
  record: 'a table',
  date: 'a date without quotes, like 2027-01-01',
}

function unknownKey(path: (string | number)[]): Problem {
  const nearest = nearestKnown(String(path.at(-1)), knownKeys(path.slice(0, -1)))
  const what = 'is not known'
  return nearest === undefined ? { path, what } : { path, what, hint: `did you mean "${nearest}"?` }
}

/** The keys that the table at `path` may have. */
function knownKeys(path: KeyPath): string[] {
  let keys: Record<string, unknown> = sections
  for (const name of path) if (typeof name === 'string') keys = keysOf(keys[name])
  return Object.keys(keys)
}

/** The keys of a section, or of a schema for a table. */
function keysOf(table: unknown): Record<string, unknown> {
  if (!(table instanceof z.ZodType)) return (table ?? {}) as Record<string, unknown>
  const { innerType, shape, keyType } = table.def as {
    innerType?: z.ZodType
    shape?: Record<string, unknown>
    keyType?: z.ZodEnum
  }
  return innerType === undefined ? (shape ?? keyType?.enum ?? {}) : keysOf(innerType)
}
