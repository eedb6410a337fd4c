import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runClient } from '../support/daemon.ts'
import { serveControl, temporaryHome } from './run-against.ts'

test('the accounts of a password may be written in every way, and each counts once', async (t) => {
  const home = await temporaryHome(t)
  const asked: unknown[] = []
  await serveControl(
    t,
    home.controlSocket,
    {},
    {
      add: (name, accounts) => {
        asked.push(accounts)
        return 'a'.repeat(24)
      },
    },
  )
  const ways = [
    ['--account=a@x,b@x'],
    ['--account', 'a@x', '--account', 'b@x'],
    ['--account=a@x, b@x, a@x,'],
    ['--account=a@x', '--account=b@x,a@x'],
  ]
  for (const way of ways) {
    const { status, stderr } = await runClient(home, ['bridge', 'add-password', 'printer', ...way])
    assert.equal(status, 0, stderr)
  }
  assert.deepEqual(
    asked,
    ways.map(() => ['a@x', 'b@x']),
  )
})
