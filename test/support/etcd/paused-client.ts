/** A client in a process of its own, which a test stops: it says when a request has left, and what came of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from './clients.ts'

const { ENDPOINT = '', CERTIFICATES = '' } = process.env
const read = (name: string) => readFileSync(join(CERTIFICATES, name))
const tls = { ca: read('ca.pem'), cert: read('client.pem'), key: read('client.key') }
const client = createClient({ endpoints: [ENDPOINT], tls })

await client.status()
await client.get('/cms-oauth/v1/test/meta')
process.send?.('ready')
process.on('message', ({ put, limitMs }: { put: string; limitMs: number }) => {
  const success = [{ put, value: Buffer.from('x') }]
  client.transact({ compare: [], success }, { limitMs }).then(
    ({ succeeded }) => process.send?.({ succeeded }),
    ({ name, message }: Error) => process.send?.({ name, message }),
  )
  // The request is written in the turn in which the kept connection is handed out.
  setImmediate(() => process.send?.('sent'))
})
