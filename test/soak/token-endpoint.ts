/**
 * `token-endpoint.ts SECONDS [BYTES [MS]]`: a provider in a process of its own. It answers each refresh
 * after 50 ms, or so many, with a token that lives so long and is padded to so many bytes. Says its URL and authority; told anything, says how many
 * it answered since it was last told, and how many were under way at once.
 */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createTestCertificates } from '../support/certificates.ts'

const [lifetimeS = 0, tokenBytes = 0, latencyMs = 50] = process.argv.slice(2).map(Number)
const certificates = await createTestCertificates()
const { key, cert, caFile } = certificates
let [answered, inFlight, mostInFlight] = [0, 0, 0]

const server = createServer({ key, cert }, (request, response) => {
  inFlight++
  mostInFlight = Math.max(mostInFlight, inFlight)
  request.resume()
  setTimeout(() => {
    inFlight--
    answered++
    const body = { token_type: 'Bearer', expires_in: lifetimeS }
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        ...body,
        access_token: `access-${answered}`.padEnd(tokenBytes, '-'),
        refresh_token: `r-${answered}`,
      }),
    )
  }, latencyMs)
})
server.listen(0, 'localhost', () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `https://localhost:${port}`, caFile })
})
process.on('message', () => {
  process.send?.({ answered, mostInFlight })
  ;[answered, mostInFlight] = [0, 0]
})
process.once('disconnect', () => void certificates.remove().finally(() => process.exit()))
