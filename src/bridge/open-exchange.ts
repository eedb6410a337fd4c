import type { ExchangeStep, ServerExchange } from '../sasl/server/server-exchange.ts'
import type { Gate } from './gate.ts'

/** A SASL exchange that a client has begun and that may go on. */
export interface OpenExchange {
  /** In upper case. */
  mechanism: string
  exchange: ServerExchange
}

/**
 * Begins one by the parameters of AUTH or AUTHENTICATE: a mechanism, and the initial response if the client
 * has sent one. Returns it with its first step.
 */
export function openExchange(
  gate: Pick<Gate, 'createExchange'>,
  parameters: string,
): { open: OpenExchange; step: ExchangeStep } {
  const [mechanism = '', initialResponse] = parameters.trim().split(/ +/)
  const exchange = gate.createExchange()
  const open = { mechanism: mechanism.toUpperCase(), exchange }
  return { open, step: exchange.start(mechanism, initialResponse) }
}
