/**
 * Programs that read through a bridge with TLS, changed as examples/bridge/README.md says: they trust what
 * "cms-oauth bridge certificate" prints, and nothing else.
 */
import assert from 'node:assert/strict'
import { chmod } from 'node:fs/promises'
import { after, test } from 'node:test'
import { createTestCertificates } from '../support/certificates.ts'
import {
  type ReadingProgramName,
  ReadingPrograms,
  readingPrograms,
} from '../support/reading-programs.ts'
import { provideTlsBridgeWorld } from '../support/tls-bridge-world.ts'
import { knowsTls } from '../support/tls-example.ts'

const world = await provideTlsBridgeWorld()
const { home, loginBy, ended } = world
const others = await createTestCertificates()
after(() => others.remove())
// For the user that getmail runs as.
await chmod(others.directory, 0o755)

for (const name of Object.keys(readingPrograms) as ReadingProgramName[]) {
  if (name.endsWith('by a socket')) continue
  for (const form of ['starttls', 'implicit'] as const) {
    const [example = ''] = readingPrograms[name].files
    if (!knowsTls(example, form)) continue
    test(`${name}: ${form}`, async () => {
      await ended(async () => {
        const programs = new ReadingPrograms(home, loginBy(form))
        const { status, stdout, stderr } = await programs.run(name)
        assert.equal(status, 0, `${stderr}${stdout}`)
        assert.match(`${stdout}${await programs.delivered()}`, /Subject: hello[^]*fetched/)
      })
    })

    // mutt asks a person then: that it does not, above, is its proof. And once is enough for the others.
    if (name === 'mutt' || (form === 'implicit' && knowsTls(example, 'starttls'))) continue
    test(`${name}: ${form}, and it reads nothing where another certificate is trusted`, async () => {
      const programs = new ReadingPrograms(home, loginBy(form, others.caFile))
      const { stdout } = await programs.run(name)
      assert.doesNotMatch(`${stdout}${await programs.delivered()}`, /fetched/)
    })
  }
}
