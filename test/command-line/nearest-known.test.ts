import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressHint, nearestKnown } from '../../src/command-line/nearest-known.ts'

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

test('an address that is not known is answered with the one that is meant, whatever the domain', () => {
  const known = ['user@a-long-domain.example.com', 'anna@example.com', 'Bert@Example.com']
  const other = 'there is another'
  const cases: Record<string, string> = {
    'usr@a-long-domain.example.com': `did you mean "${known[0]}"?`,
    'user@a-long-domian.example.com': `did you mean "${known[0]}"?`,
    'Anna@example.com': `it is configured as "${known[1]}": case matters`,
    'anna@EXAMPLE.COM': `it is configured as "${known[1]}": case matters`,
    'bert@example.com': `it is configured as "${known[2]}": case matters`,
    'anna+lists@example.com': `did you mean "${known[1]}"? an alias has the token of its mailbox`,
    'bert+a+b@example.com': `did you mean "${known[2]}"? an alias has the token of its mailbox`,
    'nobody@a-long-domain.example.com': other,
    'root@example.com': other,
    '+anna@example.com': `did you mean "${known[1]}"?`,
    'anna@example.com+x': `did you mean "${known[1]}"?`,
    '': other,
  }
  for (const [address, hint] of Object.entries(cases)) {
    assert.equal(addressHint(address, known, other), hint, address)
  }
})

test('among very many addresses only other letters and a tag are looked for', () => {
  const known = Array.from({ length: 101 }, (_, index) => `user${index}@example.com`)
  assert.equal(addressHint('usr7@example.com', known, 'no'), 'no')
  assert.match(addressHint('User7@example.com', known, 'no'), /"user7@example.com": case matters/)
  assert.match(addressHint('user7+x@example.com', known, 'no'), /"user7@example.com"\? an alias/)
})
