/** What doctor makes of the daemon's word about itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkDaemon } from '../../../src/client/doctor/daemon-check.ts'
import { healthyDaemon } from './healthy-daemon.ts'

test('a configuration of the daemon that cannot be checked from here is passed over', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'config.toml')
  // As a home on a server that root may not read, it gives an error other than ENOENT.
  symlinkSync(file, file)
  for (const each of [healthyDaemon.configuration.file, file]) {
    const configuration = { ...healthyDaemon.configuration, file: each }
    const findings = checkDaemon({ ...healthyDaemon, configuration }, '/control.sock')
    assert.deepEqual(
      findings.map(({ level, subject }) => `${level} ${subject}`),
      ['ok daemon'],
    )
  }
})
