interface Found<Handle> {
  handle: Handle
  /** The part of the path that the table has in braces; empty if it has none. */
  operand: string
}

/** Finds the handler of a request, by a table of `METHOD /path` and `METHOD /path/{operand}`. */
export function createRoutes<Handle>(
  handlers: Readonly<Record<string, Handle>>,
): (request: string) => Found<Handle> | undefined {
  const routes = Object.entries(handlers).map(([name, handle]) => ({
    pattern: new RegExp(`^${name.replace(/\{\w+\}/, '([^/]+)')}$`),
    handle,
  }))
  return (request) => {
    for (const { pattern, handle } of routes) {
      const match = pattern.exec(request)
      if (match !== null) return { handle, operand: match[1] ?? '' }
    }
    return undefined
  }
}
