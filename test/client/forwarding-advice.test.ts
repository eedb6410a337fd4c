import assert from 'node:assert/strict'
import { hostname, userInfo } from 'node:os'
import { test } from 'node:test'
import { forwardingAdvice } from '../../src/client/forwarding-advice.ts'
import { assertSentence } from '../support/golden.ts'

const me = userInfo().username

for (const [what, env, command] of [
  [
    'the address that the connection came to',
    { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' },
    `ssh -L 4321:127.0.0.1:4321 ${me}@192.0.2.2`,
  ],
  [
    'another port of sshd, and IPv6',
    { SSH_CONNECTION: '2001:db8::1 50000 2001:db8::2 2222' },
    `ssh -p 2222 -L 4321:127.0.0.1:4321 ${me}@2001:db8::2`,
  ],
  [
    'who logged in before sudo',
    { SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22', SUDO_USER: 'alice' },
    'ssh -L 4321:127.0.0.1:4321 alice@192.0.2.2',
  ],
  [
    'the name of the machine for want of more',
    {},
    `ssh -L 4321:127.0.0.1:4321 ${me}@${hostname()}`,
  ],
] as const) {
  test(`the command names ${what}`, () => {
    const advice = forwardingAdvice('http://localhost:4321/page', 'user@example.com', env)
    assert.equal(advice.split('\n')[2], `  ${command}`)
    const host = command.split('@').at(-1)
    assertSentence(advice, 'how to forward the port', { command, host, user: 'user@example.com' })
  })
}
