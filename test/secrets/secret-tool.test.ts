/** How secret-tool is run, with another program in its place. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { runSecretTool } from '../../src/secrets/secret-tool.ts'
import { temporaryDirectory } from '../renewer/store/temporary-directory.ts'
import { expectedError } from '../support/golden.ts'

const limit = new AbortController().signal

/** A directory with a shell script by the name of secret-tool. */
function script(t: TestContext, text: string) {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'secret-tool'), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return { directory, env: { PATH: `${directory}:${process.env['PATH']}`, HOME: directory } }
}

test('it gets what leads to the keyring and nothing else, and the secret by its input', async (t) => {
  const { env } = script(t, 'tr "\\0" "\\n" < /proc/$$/environ; echo "$@"; cat')
  const session = {
    XDG_RUNTIME_DIR: '/run/user/1',
    DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1/bus',
  }
  const foreign = { SECRET_BACKEND: 'file', DISPLAY: ':0', LD_PRELOAD: '/x.so', LC_ALL: 'de_DE' }
  assert.deepEqual(
    await runSecretTool(['store', 'a b'], {
      env: { ...env, ...session, ...foreign },
      input: 'canary',
      limit,
    }),
    {
      output: `PATH=${env.PATH}\nHOME=${env.HOME}\nXDG_RUNTIME_DIR=/run/user/1\nDBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1/bus\nLC_ALL=C.UTF-8\nstore a b\ncanary`,
    },
  )
})

test('why it refused is one line of its own, printable and short', async (t) => {
  const refusals = {
    'echo canary; echo "secret-tool: no “way”\t$(printf %0300d 0)" >&2; exit 1': `no "way"${'0'.repeat(192)}`,
    'echo canary; echo canary >&2; exit 3': 'secret-tool exited with 3',
    'kill -SEGV $$': 'secret-tool exited with SIGSEGV',
  }
  for (const [text, refusal] of Object.entries(refusals)) {
    const { env } = script(t, text)
    assert.deepEqual(await runSecretTool([], { env, limit }), { refusal })
  }
})

test('one that reads nothing, or prints without end, harms nobody', async (t) => {
  const input = 'x'.repeat(1_000_000)
  const deaf = script(t, 'exec <&-; echo done')
  assert.deepEqual(await runSecretTool([], { ...deaf, input, limit }), { output: 'done\n' })
  const { env } = script(t, 'head -c 10000000 /dev/zero | tr "\\0" x')
  assert.deepEqual(await runSecretTool([], { env, limit }), { output: 'x'.repeat(65_536) })
})

test(
  'one that does not end is killed, with what it has started',
  { timeout: 30_000 },
  async (t) => {
    const { directory, env } = script(
      t,
      'sh -c "echo begun; exec sleep 60" > "$HOME/fifo"; sleep 60',
    )
    const fifo = join(directory, 'fifo')
    execFileSync('mkfifo', [fifo])
    const control = new AbortController()
    const running = runSecretTool([], { env, limit: control.signal })
    const reader = createReadStream(fifo)
    await once(reader, 'data')
    control.abort()
    await assert.rejects(running, { actor: 'you' })
    await assert.rejects(running, expectedError('store_locked', 'a keyring that does not answer'))
    // Nobody has it open for writing any more.
    await once(reader, 'end')
  },
)
