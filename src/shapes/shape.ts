/**
 * The form that data from another process must have. Called with a value it gives the place of the
 * first thing in it that has another form, as `.accounts[].user`, or '' for the value itself;
 * undefined: all is right. A place names fields of the form, never what was in them: it may be a secret.
 */
export interface Shape<T> {
  (value: unknown): string | undefined
  /** Never there: it keeps shapes of different types apart. */
  readonly describes?: (value: T) => T
}

/** A shape for each field of an object, also of those that may be absent. */
export type Fields<T> = { [Name in keyof T]-?: Shape<T[Name]> }

/** Any string. */
export const text: Shape<string> = (value) => (typeof value === 'string' ? undefined : '')

/** Any number but NaN and the infinite ones, which JSON does not have. */
export const number: Shape<number> = (value) => (Number.isFinite(value) ? undefined : '')

/** True or false. */
export const flag: Shape<boolean> = (value) => (typeof value === 'boolean' ? undefined : '')

/** Whatever is checked later, by whoever knows what it is about. */
export const anything: Shape<unknown> = () => undefined

/** One of these values. */
export function oneOf<T extends string | boolean>(values: readonly T[]): Shape<T> {
  return (value) => (values.some((known) => known === value) ? undefined : '')
}

/** Of the shape, or absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value))
}

/** A list, however long. */
export function listOf<T>(shape: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return ''
    for (const member of value) {
      const place = shape(member)
      if (place !== undefined) return `[]${place}`
    }
    return undefined
  }
}

/** An object with any names, and values of one shape; a place does not say which of them. */
export function mapOf<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return (value) => {
    if (!isObject(value)) return ''
    for (const member of Object.values(value)) {
      const place = shape(member)
      if (place !== undefined) return `{}${place}`
    }
    return undefined
  }
}

/** An object with these fields and no others. */
export function fields<T extends object>(shapes: Fields<T>): Shape<T> {
  const known = Object.entries<(value: unknown) => string | undefined>(shapes)
  return (value) => {
    if (!isObject(value)) return ''
    for (const [name, shape] of known) {
      const place = shape(Object.hasOwn(value, name) ? value[name] : undefined)
      if (place !== undefined) return `.${name}${place}`
    }
    // The name of a field that nobody knows may be anything.
    return Object.keys(value).every((name) => Object.hasOwn(shapes, name)) ? undefined : '.?'
  }
}

/** The members of a union, told apart by the word in one field: the fields of each beside that one. */
export type Variants<T, Tag extends keyof T> = {
  [Word in T[Tag] & string]: Fields<Omit<Extract<T, Record<Tag, Word>>, Tag>>
}

/** An object that is one of several, told apart by the word in one field. */
export function variants<T extends object, Tag extends keyof T & string>(
  tag: Tag,
  shapes: Variants<T, Tag>,
): Shape<T> {
  const byWord = new Map<unknown, (value: unknown) => string | undefined>(
    Object.entries<object>(shapes).map(([word, others]) => [
      word,
      fields({ ...others, [tag]: oneOf([word]) }),
    ]),
  )
  return (value) => {
    const shape = isObject(value) ? byWord.get(value[tag]) : undefined
    if (shape !== undefined) return shape(value)
    return isObject(value) ? `.${tag}` : ''
  }
}

/** Whatever one of the shapes fits. */
export function either<A, B>(first: Shape<A>, second: Shape<B>): Shape<A | B> {
  return (value) => (first(value) === undefined ? undefined : second(value))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
