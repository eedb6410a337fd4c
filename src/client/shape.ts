import { isFilledText, whatCame } from '../socket-client/what-came.ts'

/** Why a value is not what it should be, as `"accounts[0].user" is missing`; undefined: it is. */
export type Shape = (value: unknown, place: string) => string | undefined

/** A shape for each field: a field that is added to the type must be added here too. */
type ShapesOf<T> = { readonly [Name in keyof T]-?: Shape }

/** Text in which there is something to read. */
export const text = where(isFilledText)
/** Text that may be empty. */
export const anyText = where((value) => typeof value === 'string')
/** A number, and not NaN. */
export const number = where((value) => typeof value === 'number' && !Number.isNaN(value))
/** True or false. */
export const flag = where((value) => typeof value === 'boolean')
/** RFC 3339, or another date that JavaScript reads. */
export const instant = where((value) => isFilledText(value) && !Number.isNaN(Date.parse(value)))
/** An http address: what a browser is sent to. */
export const webAddress = where(
  (value) => isFilledText(value) && URL.canParse(value) && /^https?:/i.test(value),
)

/** One of these words. */
export function oneOf(words: readonly string[]): Shape {
  return where((value) => typeof value === 'string' && words.includes(value))
}

/** The shape, or null. */
export function nullable(shape: Shape): Shape {
  return (value, place) => (value === null ? undefined : shape(value, place))
}

/** The shape, or nothing at all. */
export function optional(shape: Shape): Shape {
  return (value, place) => (value === undefined ? undefined : shape(value, place))
}

/** A list of such values. */
export function list(shape: Shape): Shape {
  return (value, place) => {
    if (!Array.isArray(value)) return fault(value, place)
    return firstFault(value.map((item, index) => () => shape(item, `${place}[${index}]`)))
  }
}

/** An object with these fields; others may be there too, as a newer daemon has them. */
export function object<T>(shapes: ShapesOf<T>): Shape {
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return fault(value, place)
    }
    const fields: Record<string, unknown> = { ...value }
    const inner = place === '' ? '' : `${place}.`
    return firstFault(
      Object.entries<Shape>(shapes).map(
        ([name, shape]) =>
          () =>
            shape(fields[name], `${inner}${name}`),
      ),
    )
  }
}

function where(isRight: (value: unknown) => boolean): Shape {
  return (value, place) => (isRight(value) ? undefined : fault(value, place))
}

function firstFault(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const found = check()
    if (found !== undefined) return found
  }
  return undefined
}

function fault(value: unknown, place: string): string {
  return `${place === '' ? 'it' : `"${place}"`} is ${whatCame(value)}`
}
