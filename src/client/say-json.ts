import { printableJson } from '../logging/printable-json.ts'

/** Prints JSON for a program on standard output; on a terminal no text in it has power over that. */
export function sayJson(value: object, indent?: number): void {
  process.stdout.write(`${printableJson(JSON.stringify(value, null, indent))}\n`)
}
