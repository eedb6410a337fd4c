import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ProviderUnavailableError } from '../../src/errors.ts'
import { type OutputFormat, outputFormats } from '../../src/sasl/output-format.ts'
import { fetchCredential } from '../../src/socket-client/fetch.ts'
import {
  ask,
  openTokenServer,
  readRequest,
  servedToken,
  temporaryDirectory,
  user,
} from '../daemon/socket/token-socket.ts'
import { expectedError } from '../support/golden.ts'

/** A server that gives these answers, one after the other, and what it was asked. */
async function serveAnswers(t: TestContext, ...answers: string[]) {
  const path = join(temporaryDirectory(t), 'cms.sock')
  const requests: string[] = []
  const handle = async (socket: Socket) => {
    requests.push(await readRequest(socket))
    socket.end(answers.shift() ?? '')
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => void handle(socket))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  return { path, requests }
}

function fetch(path: string, format: OutputFormat) {
  return fetchCredential({ path, user, protocol: 'SMTP', format, limitMs: 10_000 })
}

test('every format is what the token socket itself answers', async (t) => {
  const { path } = await openTokenServer(t)
  for (const format of outputFormats) {
    assert.equal(await fetch(path, format), await ask(path, `SMTP,${format} ${user}`))
  }
})

const raw = 'user=delegate@example.com\u0001auth=Bearer T.0-K~E\u0001\u0001'
const ofOriginal: Record<OutputFormat, string> = {
  xoauth2: raw,
  'xoauth2-b64': btoa(raw),
  oauthbearer: 'n,a=delegate@example.com,\u0001auth=Bearer T.0-K~E\u0001\u0001',
  'oauthbearer-b64': btoa('n,a=delegate@example.com,\u0001auth=Bearer T.0-K~E\u0001\u0001'),
  token: 'T.0-K~E',
  json:
    '{"account":"user@example.com","user":"delegate@example.com","protocol":"SMTP",' +
    '"access_token":"T.0-K~E","token_type":"Bearer","expires_at":null}',
}

for (const [name, answer] of Object.entries({
  raw,
  'raw with a newline': `${raw}\n`,
  base64: btoa(raw),
})) {
  test(`an original server's answer is brought into the format asked for: ${name}`, async (t) => {
    for (const format of outputFormats) {
      const { path, requests } = await serveAnswers(t, answer)
      assert.equal(await fetch(path, format), ofOriginal[format])
      assert.deepEqual(requests, [`SMTP,${format} ${user}`])
    }
  })
}

test('an escaped user of OAUTHBEARER comes back as it was', async (t) => {
  const answer = 'n,a=a=2Cb=3Dc@x,\u0001auth=Bearer T\u0001\u0001'
  const { path } = await serveAnswers(t, answer)
  assert.equal(await fetch(path, 'oauthbearer'), answer)
})

test('after silence the reason is asked for', async (t) => {
  const error = new ProviderUnavailableError('the provider is away', { hint: 'wait a minute' })
  const serve = () => {
    throw error
  }
  const { path } = await openTokenServer(t, { tokens: { serve } })
  for (const format of ['token', 'json'] as const) {
    await assert.rejects(fetch(path, format), {
      code: 'provider_unavailable',
      message: 'the provider is away',
      hint: 'wait a minute',
    })
  }
})

test('a token that comes between the two questions is taken', async (t) => {
  let asked = 0
  const serve = () => {
    if (asked++ === 0) throw new ProviderUnavailableError('not yet')
    return servedToken
  }
  const { path } = await openTokenServer(t, { tokens: { serve } })
  assert.equal(await fetch(path, 'token'), 'T0KEN')
})

test('silence without a reason is told as such', async (t) => {
  const { path, requests } = await serveAnswers(t)
  await assert.rejects(
    fetch(path, 'xoauth2'),
    expectedError('daemon_unreachable', 'silence without a reason is told as such', { path }),
  )
  assert.deepEqual(requests, [`SMTP,xoauth2 ${user}`, `SMTP,json ${user}`])
})

const strange: Record<string, string> = {
  'an HTTP server': 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n',
  'a text': 'error: no token',
  'a token in two lines': 'T0K\nEN',
  'broken json': '{"access_token": "T',
  'json of something else': '{"token":"T"}',
  'json with a control character in the token':
    '{"user":"u@x","access_token":"T\\nquit=1","expires_at":null}',
  'json with a control character in the user': '{"user":"u@x\\nquit=1","access_token":"T"}',
  'a credential with a control character': 'user=u@x\u0001auth=Bearer T\u0000\u0001\u0001',
  'an address with a control character': 'user=u\u001b[2J@x\u0001auth=Bearer T\u0001\u0001',
}

for (const [name, answer] of Object.entries(strange)) {
  test(`what is not a credential is never given out: ${name}`, async (t) => {
    for (const format of outputFormats) {
      const { path } = await serveAnswers(t, answer)
      await assert.rejects(
        fetch(path, format),
        expectedError('provider_protocol', `what is not a credential is never given out: ${name}`, {
          path,
        }),
      )
    }
  })
}

test('a bare word is a token only to who asked for one', async (t) => {
  const { path } = await serveAnswers(t, 'T0KEN', 'T0KEN')
  assert.equal(await fetch(path, 'token'), 'T0KEN')
  await assert.rejects(fetch(path, 'xoauth2'), { code: 'provider_protocol' })
})

test('an error code of a newer daemon is not a crash', async (t) => {
  for (const code of ['from_the_future', 'toString', '__proto__']) {
    const { path } = await serveAnswers(t, `{"error":"${code}"}`)
    await assert.rejects(
      fetch(path, 'json'),
      expectedError('provider_protocol', 'an error code of a newer daemon', { path, code }),
    )
  }
})

/** Whatever may be in a field, and how a sentence says it. */
const strangeValues: [value: unknown, said: string][] = [
  [undefined, 'missing'],
  [null, 'null'],
  [true, 'a boolean (true)'],
  [42, 'a number (42)'],
  ['', 'empty'],
  [' \t\n ', 'blank'],
  [[], 'a list'],
  [{ a: 1 }, 'an object'],
  ['a\u001b]0;t\u0007b\u202ec', '"a\\x1b]0;t\\x07b\\u202ec"'],
]
const refusal = { error: 'x', error_description: 'no', hint: 'wait', actor: 'you', answer: {} }
const success = { user: 'u@x', access_token: 'T', expires_at: '2026-01-02T03:04:05Z' }
const harmless = /^[^\p{Cc}\u202e]+$/u

for (const field of Object.keys(refusal)) {
  test(`a refusal is a sentence, whatever is in "${field}"`, async (t) => {
    for (const [value, said] of strangeValues) {
      const answer = JSON.stringify({ ...refusal, [field]: value })
      const { path } = await serveAnswers(t, answer)
      await assert.rejects(fetch(path, 'json'), (error: Error & { hint: string }) => {
        assert.match(error.message, harmless)
        assert.match(error.hint || 'none', harmless)
        if (field === 'error_description') assert.ok(isNamed(error.message, value, said))
        if (field === 'error') {
          const isNone = value === undefined || value === null
          const named = isNone ? '"user" is missing' : said
          assert.ok(isNamed(error.message, value, named), `${error.message} does not say ${named}`)
        }
        return true
      })
    }
  })
}

/** A text is a description, and an error's word is not repeated where it comes with one. */
function isNamed(message: string, value: unknown, said: string): boolean {
  const isText = typeof value === 'string' && value.trim() !== ''
  return message.includes(isText ? said.slice(1, -1) : said) || message === 'no'
}

test('several fields of a refusal may be wrong at once', async (t) => {
  for (const [error] of strangeValues.slice(2)) {
    for (const [description] of strangeValues) {
      for (const [hint] of strangeValues) {
        const answer = JSON.stringify({ error, error_description: description, hint })
        const { path } = await serveAnswers(t, answer)
        await assert.rejects(fetch(path, 'json'), (thrown: Error) => harmless.test(thrown.message))
      }
    }
  }
})

for (const field of Object.keys(success)) {
  test(`what is not a credential is told by its field: "${field}"`, async (t) => {
    for (const [value, said] of strangeValues) {
      const { path } = await serveAnswers(t, JSON.stringify({ ...success, [field]: value }))
      const outcome = await fetch(path, 'token').catch((error: Error) => error.message)
      if (field === 'expires_at' && (value === undefined || value === null)) {
        assert.equal(outcome, 'T')
        continue
      }
      assert.match(outcome, harmless)
      const isSecret =
        field === 'access_token' && /^[a"]/.test(said) && !/^a (list|bool)/.test(said)
      const named = isSecret && said !== 'an object' ? 'not a token' : said
      assert.ok(outcome.endsWith(`: "${field}" is ${named}`), `${outcome} does not say ${named}`)
    }
  })
}
