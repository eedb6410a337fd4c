import type * as z from 'zod'
import { findKeyLine, type KeyPath } from './key-lines.ts'
import { nearestKnown } from './nearest-known.ts'
import { sections } from './schema.ts'

/** One thing that is wrong with a configuration file. */
export interface Problem {
  path: KeyPath
  /** Without the key's name. */
  what: string
  /** The next step, where there is a better one than to look the key up. */
  hint?: string
}

/** The next step for whatever has no better one. */
export const generalHint = 'see "cms-oauthd --help-config" for every key and its values'

/** The problems of a schema's refusal, in the words of the file; values are never repeated. */
export function problemsOf({ issues }: z.ZodError): Problem[] {
  // A misspelt key is missing under its right name too: what was meant comes first.
  const unknown = issues.filter(({ code }) => code === 'unrecognized_keys')
  const others = issues.filter(({ code }) => code !== 'unrecognized_keys')
  return [...unknown, ...others].flatMap(problemsOfIssue)
}

/** `FILE:LINE: key "x": what is wrong (next step)`. */
export function describeProblem(file: string, text: string, problem: Problem): string {
  const { path, what, hint = generalHint } = problem
  const key = path.findLast((part) => typeof part === 'string')
  const subject = key === undefined ? '' : `key "${key}": `
  return `${file}:${findKeyLine(text, path)}: ${subject}${what} (${hint})`
}

function problemsOfIssue(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol')
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...path, key]))
    case 'invalid_type':
      return [{ path, what: typeProblem(issue) }]
    case 'invalid_value':
      return [{ path, what: `must be one of ${issue.values.join(', ')}` }]
    case 'invalid_key':
      return [{ path, what: 'has a key that is not known' }]
    default:
      return [{ path, what: issue.message }]
  }
}

function typeProblem({ expected, input }: z.core.$ZodIssueInvalidType): string {
  return input === undefined ? 'is missing' : `must be of type ${expected}`
}

function unknownKey(path: (string | number)[]): Problem {
  const key = String(path.at(-1))
  const section = path.length === 1 ? sections : (sections[String(path[0])] ?? {})
  const nearest = nearestKnown(key, Object.keys(section))
  const what = 'is not known'
  return nearest === undefined ? { path, what } : { path, what, hint: `did you mean "${nearest}"?` }
}
