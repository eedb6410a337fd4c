import assert from 'node:assert/strict'
import { test } from 'node:test'
import { homesIn } from '../../../src/client/doctor/outboxes-check.ts'

test('only a user with a home is looked for there, and none at the end of the file', () => {
  const passwd =
    'root:x:0:0:root:/root:/bin/sh\n+::::::\nservice:x:9:9:::\nada:x:1000:1000::/home/ada:\n'
  assert.deepEqual(homesIn(passwd), [
    { login: 'root', home: '/root' },
    { login: 'ada', home: '/home/ada' },
  ])
  assert.deepEqual(homesIn(''), [])
})
