import { accountConfigurationsShape, configurationShape } from '../accounts/configuration-shape.ts'
import type { Finding } from '../configuration/finding.ts'
import { errorCodes } from '../errors.ts'
import type { FromReader, Inspection, ReaderResults } from '../messages/configuration-answer.ts'
import {
  anything,
  fields,
  listOf,
  oneOf,
  optional,
  type Shape,
  text,
  variants,
} from '../shapes/shape.ts'
import { wireErrorShape } from '../shapes/wire-error-shape.ts'
import { signalShapes } from './signal-shapes.ts'

/** The form of what the reader says; of a result, `readerResultShapes` has the form. */
export const fromReaderShape: Shape<FromReader> = variants<FromReader, 'type'>('type', {
  ...signalShapes,
  accounts: { accounts: accountConfigurationsShape },
  result: { result: anything },
  failure: { error: wireErrorShape },
})

/** The form of what each request gives. */
export const readerResultShapes: { [K in keyof ReaderResults]: Shape<ReaderResults[K]> } = {
  load: configurationShape,
  inspect: fields<Inspection>({
    file: text,
    findings: listOf(
      fields<Finding>({
        level: oneOf(['ok', 'warning', 'failure']),
        subject: text,
        text,
        hint: text,
        code: optional(oneOf(errorCodes)),
        user: optional(text),
      }),
    ),
  }),
  describe: text,
}
