/** What doctor makes of the daemon's word about itself. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkDaemon } from '../../../src/client/doctor/daemon-check.ts'
import type { Diagnostics } from '../../../src/messages/diagnostics.ts'
import { version } from '../../../src/package/version.ts'

const diagnostics: Diagnostics = {
  version,
  pid: 1,
  uid: 1_000,
  node: '24.0.0',
  configuration: { file: '/nowhere/config.toml', loaded_at: '2026-01-01T00:00:00Z' },
  sockets: [],
  store: { state_directory: '/s', key: { from: 'none' } },
  renewer: { duration_ms: 1, records: 0, error: null },
  providers: [],
}

test('a configuration of the daemon that cannot be checked from here is passed over', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'config.toml')
  // As a home on a server that root may not read, it gives an error other than ENOENT.
  symlinkSync(file, file)
  for (const each of [diagnostics.configuration.file, file]) {
    const configuration = { ...diagnostics.configuration, file: each }
    const findings = checkDaemon({ ...diagnostics, configuration }, '/control.sock')
    assert.deepEqual(
      findings.map(({ level, subject }) => `${level} ${subject}`),
      ['ok daemon'],
    )
  }
})
