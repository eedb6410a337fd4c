import type { ProviderAnswer } from '../errors.ts'

/** The `error` and the description, in one line; empty: it said neither. */
export function providerWords({ error = '', description = '' }: ProviderAnswer): string {
  return [error, description].filter((words) => words !== '').join(': ')
}

/** The details that Microsoft's support asks for; empty: there are none. */
export function supportWords({ correlationId, traceId, timestamp }: ProviderAnswer): string {
  const named = { 'correlation id': correlationId, 'trace id': traceId, timestamp }
  return Object.entries(named)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]))
    .join(', ')
}
