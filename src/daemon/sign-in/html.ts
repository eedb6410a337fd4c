/** Text that is HTML already, and goes into a page as it is. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A template whose inserted strings are escaped for text and for quoted attributes. */
export function html(literals: TemplateStringsArray, ...values: (string | Html | Html[])[]): Html {
  return new Html(String.raw({ raw: literals }, ...values.map(markUp)))
}

function markUp(value: string | Html | Html[]): string {
  if (Array.isArray(value)) return value.join('')
  if (value instanceof Html) return value.toString()
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
