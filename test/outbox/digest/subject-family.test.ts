import assert from 'node:assert/strict'
import { test } from 'node:test'
import { subjectFamily } from '../../../src/outbox/digest/subject-family.ts'

/** What programs of Debian write, each as a family. */
const families: string[][] = [
  ['Cron <root@host1> /usr/local/bin/sync', 'Cron <root@host1> /usr/local/bin/sync'],
  [
    '[Fail2Ban] sshd: banned 192.0.2.1 from host1',
    '[Fail2Ban] sshd: banned 203.0.113.77 from host1',
    '[Fail2Ban] sshd: banned 2001:db8::17 from host1',
    '[Fail2Ban] sshd: banned fe80::abcd:1 from host1',
  ],
  ['Disk /dev/sda: 3 errors', 'Disk /dev/sda: 1204 errors'],
  [
    'backup of 2026-11-30 14:16:30',
    'backup of 2026-12-01 00:00:01',
    'backup of 2026-12-01T00:00:01Z',
  ],
  ['Report for Monday, November 30', 'Report for Tue, Dec 1'],
  ['snapshot 9f86d081884c', 'snapshot 03ac674216f3', 'snapshot deadbeefcafe'],
  ['link of aa:bb:cc:dd:ee:ff is down', 'link of 00:11:22:33:44:55 is down'],
  ['', ''],
]

/** What is not alike. */
const different: [string, string][] = [
  ['[PATCH 1/3] add a thing', '[PATCH 2/3] remove another'],
  ['backup failed', 'backup ended'],
  ['*** SECURITY information for a ***', 'Cron <root@a> x'],
  ['decade', 'facade'],
  ['disk sda', 'disk sdb'],
]

for (const family of families) {
  test(`of one family: ${family.join(' | ')}`, () => {
    assert.equal(new Set(family.map(subjectFamily)).size, 1, family.map(subjectFamily).join('\n'))
  })
}

for (const [one, other] of different) {
  test(`not of one family: ${one} | ${other}`, () => {
    assert.notEqual(subjectFamily(one), subjectFamily(other))
  })
}

test('a subject of any length is compared in a moment', () => {
  for (const piece of ['1', ':', 'a:', 'mon ', '# ', 'f', '1 -', '::']) {
    const begin = process.cpuUsage()
    for (let run = 0; run < 100; run++) subjectFamily(piece.repeat(100_000))
    const { user } = process.cpuUsage(begin)
    assert.ok(user < 200_000, `${piece}: ${user} µs`)
  }
})
