/**
 * What a provider refused, for the hosts that would ask the same: one line in clear, and the whole of it
 * sealed, as hosts say its words to people. Who writes to the engine without a key says nothing.
 */
import { number, openFields, type Shape } from '../shapes/shape.ts'
import type { WireError } from '../shapes/wire-error.ts'
import { wireErrorShape } from '../shapes/wire-error-shape.ts'
import { openEnvelope, sealEnvelope } from '../sealing/envelope.ts'
import type { MasterKey } from '../sealing/master-key.ts'
import { encodeFleetRecord, numberBytes, parseFailureRecord, parseLine } from './fleet-records.ts'

/** What the provider refused when it was asked with grant n. */
export interface Failure {
  n: number
  /** Epoch ms. */
  until: number
  error: WireError
}

type FailureFields = Omit<Failure, 'n'>

/** What has another form is of another version, and changes nothing: the provider is asked again. */
const fieldsShape: Shape<FailureFields> = openFields<FailureFields>({
  until: number,
  error: wireErrorShape,
})

/** What the key of an account's failure is to hold. */
export function sealFailure(owner: string, { n, ...fields }: Failure, key: MasterKey): Buffer {
  const plaintext = Buffer.from(JSON.stringify(fields))
  const sealed = sealEnvelope(labelOf(owner, n), plaintext, key)
  return encodeFleetRecord({ n, until: fields.until }, sealed)
}

/** A failure as a host wrote it for this account; undefined: nobody with the key has written that. */
export function openFailure(owner: string, value: Buffer, key: MasterKey): Failure | undefined {
  const record = parseFailureRecord(value)
  if (record === undefined) return undefined
  const { n, sealed } = record
  const opened = openEnvelope(labelOf(owner, n), sealed, key)
  if ('defect' in opened) return undefined
  const fields = parseLine(opened.plaintext, fieldsShape)
  return fields && { n, until: fields.until, error: fields.error }
}

function labelOf(owner: string, n: number) {
  return { user: owner, kind: 'failure', associated: numberBytes(n) } as const
}
