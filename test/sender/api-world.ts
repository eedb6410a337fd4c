/** Deliveries to the Gmail API and to Graph, for each test to servers of their own. */
import { globalAgent } from 'node:https'
import { after, afterEach, before, beforeEach, type TestContext } from 'node:test'
import type { SendingApi } from '../../src/provider-facts/sending/sending-api.ts'
import { createTestCertificates, type TestCertificates } from '../support/certificates.ts'
import { startGmailApi } from '../support/gmail-api.ts'
import { startGraphApi } from '../support/graph-api.ts'
import type { SendingServer } from '../support/sending-server.ts'
import { deliveryTest, introspect, me, messageTo, tokens } from './delivery-world.ts'

export const apis = ['gmail-api', 'graph'] as const
/** Tokens that may send. */
export const good = { 'gmail-api': tokens.gmail, graph: tokens.graph } as const
/** Those of the test that runs. */
export const servers = {} as Record<SendingApi, SendingServer>

let certificates: TestCertificates

before(async () => {
  certificates = await createTestCertificates()
})
after(() => certificates.remove())
beforeEach(async () => {
  globalAgent.options.ca = certificates.ca
  servers['gmail-api'] = await startGmailApi({ certificates, introspect })
  servers.graph = await startGraphApi({ certificates, introspect })
})
afterEach(() => Promise.all(apis.map((api) => servers[api].close())))

/** A spool, and how its messages are delivered by an API. */
export function world(t: TestContext, via: SendingApi, origin = servers[via].origin) {
  const { spool, deliver } = deliveryTest(t, { via, origin }, certificates)
  const send = (id: string, accessToken: string = good[via]) => deliver(id, { accessToken })
  return { spool, deliver, send, server: servers[via] }
}

export const toMe = { rcpt: [me], message: messageTo([`To: root <${me}>`]) }
