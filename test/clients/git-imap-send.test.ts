/** examples/bridge/git/gitconfig-imap: git imap-send puts a patch into a folder, through a bridge. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fillBridgeExample } from '../support/bridge-example.ts'
import { runProgram } from '../support/daemon.ts'
import { provideReadingBridgeWorld } from '../support/reading-bridge-world.ts'

const world = await provideReadingBridgeWorld()
const { user, password, home, imap, daemon } = world

const patch = `From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001
From: User <${user}>
Date: Mon, 30 Nov 2026 12:00:00 +0000
Subject: [PATCH] a patch that waits

---
 f | 1 +
`

test('a patch becomes a message of the folder', async () => {
  const ports = { imap: imap.port, smtp: 1, pop: 1 }
  const text = await fillBridgeExample('git/gitconfig-imap', { user, password, ports })
  // The mailbox of the test has no other folder.
  const config = text.replace('folder = Drafts', 'folder = INBOX')
  await writeFile(join(home.directory, '.gitconfig'), config, { mode: 0o600 })
  const { status, stderr } = await runProgram('git', ['imap-send'], home.env, patch)
  assert.equal(status, 0, stderr)
  const login = await daemon.logged(({ event }) => event === 'bridge.login')
  assert.deepEqual([login['protocol'], login['mechanism']], ['IMAP', 'PLAIN'])
  const url = `imap://127.0.0.1:${imap.port}/INBOX`
  const search = [
    '-s',
    '-u',
    `${user}:${password}`,
    url,
    '-X',
    'SEARCH SUBJECT "a patch that waits"',
  ]
  assert.match((await runProgram('curl', search, home.env)).stdout, /^\* SEARCH \d+\r?\n$/)
})
