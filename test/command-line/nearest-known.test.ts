import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestAddress, nearestKnown } from '../../src/command-line/nearest-known.ts'

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

test('a misspelt address finds the one that it is nearest to, whatever the domain', () => {
  const known = ['user@a-long-domain.example.com', 'anna@example.com']
  const cases: Record<string, string | undefined> = {
    'usr@a-long-domain.example.com': known[0],
    'user@a-long-domian.example.com': known[0],
    'Anna@example.com': known[1],
    'nobody@a-long-domain.example.com': undefined,
    'root@example.com': undefined,
  }
  for (const [address, nearest] of Object.entries(cases)) {
    assert.equal(nearestAddress(address, known), nearest, address)
  }
})
