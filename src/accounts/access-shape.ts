import type { AllowRule } from '../configuration/allow-rule.ts'
import { fields, listOf, number, optional, text } from '../shapes/shape.ts'

/** The forms of what a token socket, a bridge and an outbox say of who may connect. */
export const accessShapes = {
  mode: number,
  owner: optional(text),
  group: optional(text),
  allow: optional(fields<AllowRule>({ users: listOf(text), groups: listOf(text) })),
}
