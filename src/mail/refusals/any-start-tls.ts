import type { RefusalRow } from '../../provider-facts/refusals/refusal-row.ts'
import { tlsPort } from './any-remedy.ts'

const row = {
  stages: ['tls'],
  endedBy: 'operator',
  meaning: 'the server does not begin TLS on this port: the token was not sent',
  source: 'RFC 8314 section 3',
} satisfies Partial<RefusalRow>

/** A server that does not begin TLS when asked to, whatever its reason. */
export const anyStartTls: readonly RefusalRow[] = [
  {
    ...row,
    protocols: ['SMTP'],
    code: '5',
    nextStep: tlsPort.SMTP,
    example: '502 5.5.1 Unrecognized command',
  },
  { ...row, protocols: ['IMAP'], nextStep: tlsPort.IMAP, example: 'BAD unknown' },
  { ...row, protocols: ['POP'], code: '-ERR', nextStep: tlsPort.POP, example: '-ERR what' },
]
