/** What a provider said, and what its support asks for, beside our own words: whatever command it refused. */
import { test } from 'node:test'
import {
  type CmsOauthError,
  ProviderRejectedError,
  ProviderUnavailableError,
} from '../../src/errors.ts'
import { errorToWire } from '../../src/shapes/wire-error.ts'
import { runClient } from '../support/daemon.ts'
import { assertSentence } from '../support/golden.ts'
import { accountStatus, serveControl, temporaryHome } from './run-against.ts'

const user = 'user@example.com'
const answer = {
  status: 400,
  error: 'unauthorized_client',
  description: 'AADSTS700016: The application was not found.',
  aadsts: 700016,
  correlationId: 'the-correlation',
  traceId: 'the-trace',
  timestamp: '2026-01-01 00:00:00Z',
}
const errors: Record<string, CmsOauthError> = {
  'with details for the support': new ProviderRejectedError('it is unknown (AADSTS700016)', {
    hint: 'compare',
    answer,
  }),
  'whose words are in the message': new ProviderUnavailableError('not now: busy (later)', {
    hint: 'wait',
    answer: { status: 503, error: 'busy', description: 'later' },
  }),
  'without words': new ProviderUnavailableError('not now: status 503', { answer: { status: 503 } }),
}
const commands: Record<string, [args: string[], input: string]> = {
  login: [['login', user], ''],
  refresh: [['refresh', user], ''],
  import: [['import', user], 'R3FRESH'],
}

for (const [command, [args, input]] of Object.entries(commands)) {
  for (const [which, error] of Object.entries(errors)) {
    test(`${command} shows a refusal ${which}`, async (t) => {
      const home = await temporaryHome(t)
      await serveControl(t, home.controlSocket, {
        accounts: () => ({ version: '0', pid: 1, accounts: [accountStatus()] }),
        refresh: () => Promise.reject(error),
        importGrant: () => Promise.reject(error),
        signIn: async function* () {
          yield { event: 'failed', error: errorToWire(error) }
        },
      })
      const { stderr } = await runClient(home, args, input)
      assertSentence(stderr, `a refusal ${which}`, {})
    })
  }
}
