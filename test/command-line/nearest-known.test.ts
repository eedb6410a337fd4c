import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestKnown } from '../../src/command-line/nearest-known.ts'

const known = ['client_id', 'client_secret', 'client_secret_file', 'user', 'SMTP']

test('a misspelt word finds the known one that it is nearest to', () => {
  const cases = { clientid: 'client_id', client_secert: 'client_secret', usr: 'user', smtp: 'SMTP' }
  for (const [word, nearest] of Object.entries(cases)) {
    assert.equal(nearestKnown(word, known), nearest)
  }
})

test('a word that is near to none finds none', () => {
  for (const word of ['', 'mailbox', 'x', 'authorization_endpoint']) {
    assert.equal(nearestKnown(word, known), undefined)
  }
  assert.equal(nearestKnown('user', []), undefined)
})
