/**
 * A foreign user tries to connect to both sockets, by their public and their private names, without
 * a pause while the daemon starts 1,000 times: never once. Needs root and python3, whose attempts
 * are fast. Takes ten minutes.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { createHome, startDaemon } from '../support/daemon.ts'
import { requireRoot } from './require-root.ts'

const starts = 1_000
const foreign = 64_321

/** Tries all sockets in a directory, and in those in it, until told to end; prints what came of it. */
const racer = `
import errno, os, select, socket, sys
directory, outcomes = sys.argv[1], {}
def attempt(path):
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
            outcome = 'connected'
        except OSError as error: outcome = errno.errorcode.get(error.errno, str(error))
    outcomes[outcome] = outcomes.get(outcome, 0) + 1
while not select.select([sys.stdin], [], [], 0)[0]:
    for name in ('cms.sock', 'control.sock'): attempt(f'{directory}/{name}')
    for entry in os.scandir(directory):
        if entry.name.startswith('.'): attempt(f'{entry.path}/{entry.name}')
print(str(outcomes).replace("'", '"'))
`

test('a foreign user never connects to a socket that is being born', async (t) => {
  requireRoot()
  const home = await createHome()
  t.after(() => home.remove())
  const directory = join(home.directory, 'sockets')
  await home.configure(
    `[[account]]\nuser = "user@example.com"\nprovider = "office365"\nclient_id = "id"\n` +
      `[[socket]]\npath = "${directory}/cms.sock"\n[control]\npath = "${directory}/control.sock"\n`,
  )
  chmodSync(home.directory, 0o755)
  const first = await startDaemon({ ...home, controlSocket: join(directory, 'control.sock') })
  await first.stop()
  chmodSync(directory, 0o755)
  const ids = [`--reuid=${foreign}`, `--regid=${foreign}`, '--clear-groups']
  const race = spawn('setpriv', [...ids, '/usr/bin/python3', '-c', racer, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => race.kill('SIGKILL'))
  for (let count = 0; count < starts; count++) {
    const daemon = await startDaemon(home)
    // Every other one leaves its sockets behind, for the next to replace.
    await daemon.stop(count % 2 === 0 ? 'SIGKILL' : 'SIGTERM')
  }
  race.stdin.end()
  const outcomes = JSON.parse(await text(race.stdout)) as Record<string, number>
  t.diagnostic(`${starts} starts: ${JSON.stringify(outcomes)}`)
  assert.equal(outcomes['connected'], undefined)
  assert.ok((outcomes['EACCES'] ?? 0) > starts, 'it hardly met a socket')
})
