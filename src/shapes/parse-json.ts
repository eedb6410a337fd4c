/** The value of a text of JSON; undefined: it is not JSON. An error would quote the text, which may hold a token. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
