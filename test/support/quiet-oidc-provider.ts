/**
 * Keeps oidc-provider from warning of what a test server is on purpose: in memory, and on whatever
 * Node the tests run on. Imported before the library, which warns as it loads.
 */
const { warn } = console

console.warn = (...words: unknown[]) => {
  if (!/oidc-provider WARNING/.test(String(words[0]))) warn(...words)
}
