/** Shorter words are not tokens: masking them would garble the rest. */
const shortestSecret = 16

/** The text without the secrets that a server repeats, whole or a part of them as a word. */
export function mask(text: string, secrets: readonly string[]): string {
  const long = secrets.filter((secret) => secret.length >= shortestSecret)
  const whole = long.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
  return whole.replace(/[\w+/=.~-]{16,}/g, (word) =>
    long.some((secret) => secret.includes(word)) ? '[secret]' : word,
  )
}
