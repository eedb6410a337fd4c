import { hostname } from 'node:os'

/** What this host calls itself in a greeting. */
export function greetingName(): string {
  const name = hostname()
  return /^[A-Za-z0-9.-]{1,255}$/.test(name) ? name : 'localhost'
}
