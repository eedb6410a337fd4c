import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { TestContext } from 'node:test'
import type { Management } from '../../src/daemon/control/management.ts'
import { createControlServer } from '../../src/daemon/control/server.ts'
import type { Passwords } from '../../src/daemon/control/bridge-management.ts'
import type { AccountStatus } from '../../src/messages/control-api.ts'
import { readRequest } from '../daemon/socket/token-socket.ts'
import { createHome, type Home } from '../support/daemon.ts'

/** A home that is removed with its test. */
export async function temporaryHome(t: TestContext): Promise<Home> {
  const home = await createHome()
  t.after(() => home.remove())
  return home
}

/** A token socket that answers what it is told to; returns what it was asked. */
export async function serveTokens(
  t: TestContext,
  home: Home,
  answer: (request: string) => string | string[],
): Promise<string[]> {
  const requests: string[] = []
  const handle = async (socket: Socket) => {
    const request = await readRequest(socket)
    requests.push(request)
    for (const piece of [answer(request)].flat()) {
      socket.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.end()
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => void handle(socket))
  await listen(t, server, home.tokenSocket)
  return requests
}

function refuse(): never {
  throw new Error('not expected here')
}

/** A control socket before a broker of which a test says what matters to it. */
export async function serveControl(
  t: TestContext,
  path: string,
  broker: Partial<Management>,
  passwords: Partial<Passwords> = {},
): Promise<() => void> {
  const server = createControlServer({
    broker: {
      accounts: refuse,
      diagnostics: refuse,
      signIn: refuse,
      redirectSignIn: refuse,
      importGrant: refuse,
      forgetGrant: refuse,
      refresh: refuse,
      reload: refuse,
      subscribe: refuse,
      ...broker,
    },
    bridges: {
      passwords: async () => ({
        all: refuse,
        add: refuse,
        addTrial: refuse,
        remove: refuse,
        ...passwords,
      }),
      overview: () => ({ bridges: [], troubles: [] }),
      accountsWithPasswords: () => [],
      connections: () => new Map(),
      certificate: refuse,
    },
    outboxes: { states: () => [] },
    metrics: { pieces: refuse },
  })
  await listen(t, server, path)
  return () => {
    server.close()
    server.closeAllConnections()
  }
}

async function listen(t: TestContext, server: Server, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  server.listen(path)
  await once(server, 'listening')
  t.after(() => server.close())
}

/** An account in the best of states. */
export function accountStatus(changes: Partial<AccountStatus> = {}): AccountStatus {
  return {
    user: 'user@example.com',
    provider: 'office365',
    client_id: 'client',
    login_hint: 'user@example.com',
    grant: 'authorization_code',
    sign_in_with: null,
    state: 'active',
    expires_at: null,
    last_refresh_at: null,
    next_refresh_at: null,
    signed_in_at: null,
    is_durable: true,
    fingerprint: null,
    error: null,
    ends: [],
    wanted_scopes: [],
    granted_scopes: null,
    action: '',
    token_files: [],
    ...changes,
  }
}
