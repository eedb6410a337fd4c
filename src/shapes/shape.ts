/**
 * The form that data from outside this process must have. Called with a value it gives the place of the
 * first thing in it that has another form, as `.accounts[0].user`, or '' for the value itself;
 * undefined: all is right. A place names fields of the form, never what was in them: it may be a secret.
 * Whoever may show that finds it by `valueAt`.
 */
export interface Shape<T> extends AnyShape {
  /** Never there: it keeps shapes of different types apart. */
  readonly holdsFor?: (value: T) => T
}

/** A shape, of whatever. */
export type AnyShape = (value: unknown) => string | undefined

/** A shape for each field of an object, also of those that may be absent. */
export type Fields<T> = { [Name in keyof T]-?: Shape<T[Name]> }

/** Whatever passes the check. */
export function where<T>(isRight: (value: unknown) => boolean): Shape<T> {
  return (value) => (isRight(value) ? undefined : '')
}

/** Any string. */
export const text = where<string>((value) => typeof value === 'string')

/** Text in which there is something to read. */
export const filledText = where<string>((value) => typeof value === 'string' && value.trim() !== '')

/** An instant as text: RFC 3339, or another form that JavaScript reads. */
export const instant = where<string>(
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
)

/** Any number but NaN and the infinite ones, which JSON does not have. */
export const number = where<number>(Number.isFinite)

/** True or false. */
export const flag = where<boolean>((value) => typeof value === 'boolean')

/** Whatever is checked later, by whoever knows what it is about. */
export const anything: Shape<unknown> = () => undefined

/** One of these values. */
export function oneOf<T extends string | boolean>(values: readonly T[]): Shape<T> {
  return where((value) => values.some((known) => known === value))
}

/** Of the shape, or absent. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value) => (value === undefined ? undefined : shape(value))
}

/** Of the shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value) => (value === null ? undefined : shape(value))
}

/** A list, however long. */
export function listOf<T>(shape: Shape<T>): Shape<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return ''
    for (const [index, member] of value.entries()) {
      const place = shape(member)
      if (place !== undefined) return `[${index}]${place}`
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
  const known = openFields<T>(shapes)
  return (value) => {
    const place = known(value)
    if (place !== undefined || !isObject(value)) return place
    // The name of a field that nobody knows may be anything.
    return Object.keys(value).every((name) => Object.hasOwn(shapes, name)) ? undefined : '.?'
  }
}

/**
 * An object with these fields, of a version of this program that may be newer: others may be there too,
 * and where the type has one of several words, `filledText` lets others through.
 */
export function openFields<T extends object>(shapes: { [Name in keyof T]-?: AnyShape }): Shape<T> {
  const known = Object.entries<AnyShape>(shapes)
  return (value) => {
    if (!isObject(value)) return ''
    for (const [name, shape] of known) {
      const place = shape(fieldOf(value, name))
      if (place !== undefined) return `.${name}${place}`
    }
    return undefined
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
  const byWord = new Map<unknown, AnyShape>(
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

/** What is at a place that a shape has given; undefined also where nothing is. */
export function valueAt(value: unknown, place: string): unknown {
  const names = place.split(/[.[\]]+/).filter((name) => name !== '')
  return names.reduce((inner, name) => fieldOf(inner, name), value)
}

function fieldOf(value: unknown, name: string): unknown {
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isThere ? (value as Record<string, unknown>)[name] : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
