import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { holdListener } from '../../src/child-process/held-listener.ts'
import type { OutboxConfiguration } from '../../src/configuration/outbox-configuration.ts'
import type { QueuedMessage } from '../../src/messages/outbox-api.ts'
import type { FromOutbox } from '../../src/messages/outbox-messages.ts'
import type { DeliveryOutcome } from '../../src/messages/sender-messages.ts'
import { OutboxProcess } from '../../src/outbox/outbox-process.ts'
import { LineClient } from '../support/line-client.ts'

/** An outbox for the user of this process, in a directory of its own. */
export function outboxConfiguration(
  directory: string,
  more: Partial<OutboxConfiguration> = {},
): OutboxConfiguration {
  return {
    name: 'outbox',
    account: 'notify@example.com',
    route: { via: 'gmail-api', origin: 'https://api.test' },
    path: join(directory, 'outbox.sock'),
    mode: 0o600,
    spool: join(directory, 'spool'),
    rules: {
      from: 'notify@example.com',
      fromAllowed: [],
      fromName: '{name} ({user} on {host})',
      aliases: { root: ['me@example.org'] },
      localDomains: [],
      maxSize: 1_024 ** 2,
      tooLarge: 'refuse',
      noticeTo: ['me@example.org'],
      encoding: 'api',
    },
    perHour: 60,
    digestAbove: 20,
    keepTryingMs: 5 * 86_400_000,
    retryMs: [30_000, 60_000],
    quota: { messages: 1_000, bytes: 100 * 1_024 ** 2 },
    ...more,
  }
}

/** An answer of the outbox socket. */
export interface Answer {
  status: number
  body: Record<string, unknown>
}

/** An outbox process in this one, that listens. */
export class OutboxWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'outbox-'))
  readonly configuration: OutboxConfiguration
  readonly said: FromOutbox[] = []
  process!: OutboxProcess
  #listeners: (() => void)[] = []
  #fd = -1

  constructor(t: TestContext, more: Partial<OutboxConfiguration> = {}) {
    this.configuration = outboxConfiguration(this.directory, more)
    t.after(() => rmSync(this.directory, { recursive: true }))
  }

  /** Starts one, as after a crash of the one before. */
  async start(t: TestContext): Promise<void> {
    const server = createServer()
    // Node removes the name that a server was bound to, once it is closed.
    const { path } = this.configuration
    await new Promise<void>((resolve) => server.listen(`${path}.new`, resolve))
    renameSync(`${path}.new`, path)
    const held = await holdListener(server)
    const outbox = new OutboxProcess({
      send: (message) => {
        this.said.push(message)
        for (const listener of this.#listeners) listener()
      },
      onFault: (error) => {
        throw error
      },
    })
    this.process = outbox
    this.#fd = held.fd
    this.configure({})
    t.after(() => new Promise<void>((resolve) => outbox.close(resolve)))
  }

  /** Has it reload, with this in place of what it was started with. */
  configure(more: Partial<OutboxConfiguration>): void {
    const configuration = { ...this.configuration, ...more }
    const outboxes = [{ configuration, descriptors: [this.#fd] }]
    this.process.receive({ type: 'configure', outboxes })
  }

  /** The messages of one type, as soon as there are so many. */
  async waitFor<Type extends FromOutbox['type']>(
    type: Type,
    count: number,
  ): Promise<Extract<FromOutbox, { type: Type }>[]> {
    for (;;) {
      const found = this.said.filter(
        (message): message is Extract<FromOutbox, { type: Type }> => message.type === type,
      )
      if (found.length >= count) return found
      await new Promise<void>((resolve) => this.#listeners.push(resolve))
    }
  }

  /** Hands a message over. */
  submit(message: string, head: object = {}): Promise<Answer> {
    const whole = {
      id: 's1',
      program: 'sendmail',
      arguments: ['root'],
      size: message.length,
      ...head,
    }
    return this.ask('POST', '/v1/messages', `${JSON.stringify(whole)}\n${message}`)
  }

  /** A connection to its socket. */
  connect(): LineClient {
    return new LineClient(connect({ path: this.configuration.path, allowHalfOpen: true }))
  }

  /** A connection that has asked to speak SMTP, and was answered nothing yet. */
  askForDialogue(caller?: object): LineClient {
    const client = this.connect()
    const told = caller === undefined ? '' : `Cms-Oauth-Caller: ${JSON.stringify(caller)}\r\n`
    client.socket.write(
      `GET /v1/dialogue HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: smtp\r\n${told}\r\n`,
    )
    return client
  }

  /** The same, greeted, or taken over from a bridge that has greeted. */
  async openDialogue(caller?: object): Promise<LineClient> {
    const client = this.askForDialogue(caller)
    await client.say('', /^HTTP\/1\.1 101 [^]*?\r\n\r\n/)
    if (caller === undefined) await client.say('')
    return client
  }

  ask(method: string, path: string, body = ''): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(body), connection: 'close' }
      const { path: socketPath } = this.configuration
      const asked = request({ socketPath, path, method, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          const answer = JSON.parse(text) as Record<string, unknown>
          resolve({ status: response.statusCode ?? 0, body: answer })
        })
      })
      asked.on('error', reject)
      asked.end(body)
    })
  }
}

/** A small message, and what may come of it. */
export const mail = 'Subject: disk full\n\nAll of it.\n'
export const delivered: Extract<DeliveryOutcome, { kind: 'delivered' }> = {
  kind: 'delivered',
  refused: [],
}
export const away: Extract<DeliveryOutcome, { kind: 'later' }> = {
  kind: 'later',
  actor: 'nobody',
  reason: 'no answer',
  hint: '',
}

/** One that runs. */
export async function world(
  t: TestContext,
  more: Partial<OutboxConfiguration> = {},
): Promise<OutboxWorld> {
  const made = new OutboxWorld(t, more)
  await made.start(t)
  return made
}

/** The names in a folder of its spool. */
export function filesIn(made: OutboxWorld, folder: string): string[] {
  return readdirSync(join(made.configuration.spool, folder))
}

/** Tells it what came of a message. */
export function outcome(made: OutboxWorld, id: string, how: DeliveryOutcome): void {
  made.process.receive({ type: 'outcome', outbox: 'outbox', id, outcome: how })
}

/** What waits, as its callers see it. */
export async function messages(made: OutboxWorld): Promise<QueuedMessage[]> {
  return (await made.ask('GET', '/v1/messages')).body['messages'] as QueuedMessage[]
}
