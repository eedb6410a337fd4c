import assert from 'node:assert/strict'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { sendAccounts } from '../../../src/daemon/control/send-accounts.ts'
import type { AccountStatus } from '../../../src/messages/control-api.ts'
import { fleetUsers } from '../../support/account-fleet.ts'

const head = { version: '1', pid: 1, unused_sign_ins: [] }
const connections = new Map([['user7@example.com', 3]])

/** Sends so many accounts; counts the turns of the event loop meanwhile. */
async function send(t: TestContext, count: number) {
  const run = { turns: 0, made: 0 }
  function* accounts() {
    for (const user of fleetUsers(count)) {
      run.made++
      yield { user, provider: 'x'.repeat(1_000) } as unknown as AccountStatus
    }
  }
  let isSending = true
  const countTurn = () => {
    run.turns++
    if (isSending) setImmediate(countTurn)
  }
  const server = createServer((_, response) => {
    setImmediate(countTurn)
    void sendAccounts(response, { ...head, accounts: accounts() }, connections).then(() => {
      isSending = false
    })
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { run, port, isSending: () => isSending }
}

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      resolve(text(response))
    }).on('error', reject)
  })
}

test('all accounts are in the answer, each with its connections', async (t) => {
  for (const count of [0, 1, 100, 101, 1_000]) {
    const { port } = await send(t, count)
    const { accounts, ...rest } = JSON.parse(await ask(port))
    assert.deepEqual(rest, head)
    assert.deepEqual(
      accounts.map((account: AccountStatus) => [account.user, account.bridge_connections]),
      fleetUsers(count).map((user) => [user, connections.get(user) ?? 0]),
    )
  }
})

test('others have their turn while thousands of accounts are sent', async (t) => {
  const { port, run } = await send(t, 2_000)
  await ask(port)
  assert.ok(run.turns >= 20, `${run.turns} turns`)
})

test('nothing more is made for a client that has gone', async (t) => {
  const { port, run, isSending } = await send(t, 20_000)
  await new Promise<void>((resolve) => {
    get({ port, host: '127.0.0.1', agent: false }, (response) => {
      response.once('data', () => {
        response.destroy()
        resolve()
      })
    })
  })
  while (isSending()) await new Promise(setImmediate)
  assert.ok(run.made < 20_000, `${run.made} made`)
})
