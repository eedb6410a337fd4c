import type { ChildSignal, CrashReport } from '../messages/child-signals.ts'
import { fields, listOf, optional, text, type Variants } from '../shapes/shape.ts'

/** The form of what any child says, to be put among the forms of its own messages. */
export const signalShapes: Variants<ChildSignal, 'type'> = {
  heartbeat: {},
  crash: {
    report: fields<CrashReport>({ kind: text, code: optional(text), frames: listOf(text) }),
    user: optional(text),
  },
}
