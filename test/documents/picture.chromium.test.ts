/**
 * The picture in the README is the real page: `KEEP_PICTURE=1 node test/run.mjs test/documents/picture`
 * takes it again.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { chromium } from 'playwright-core'
import { testAccount } from '../support/accounts.ts'
import { readDocument, root } from './documents.ts'

const name = 'examples/sign-in-page.png'
const mostBytes = 60_000
const size = { width: 640, height: 640 }

/** The page names the machine: in the picture it is nobody's. */
os.hostname = () => 'desk'
syncBuiltinESMExports()

test('the README shows the sign-in page as it is, in a small picture', async (t) => {
  const { openSignIn } = await import('../daemon/sign-in/open-sign-in.ts')
  const account = testAccount({
    user: 'user@domain.com',
    loginHint: 'user@domain.com',
    provider: 'office365',
    redirectUri: 'http://localhost',
    scopes: ['SMTP.Send', 'IMAP.AccessAsUser.All'].map(
      (scope) => `https://outlook.office.com/${scope}`,
    ),
  })
  const { pageUrl } = await openSignIn(t, {
    account,
    startAuthorization: () => Promise.resolve({ url: 'https://login.microsoftonline.com/' }),
  })
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run'],
  })
  t.after(() => browser.close())
  const page = await browser.newPage({ viewport: size, colorScheme: 'light' })
  await page.goto(pageUrl)
  await page.getByText('user@domain.com').first().waitFor()
  const picture = await page.screenshot()
  if (process.env['KEEP_PICTURE'] !== undefined) writeFileSync(join(root, name), picture)
  const kept = readFileSync(join(root, name))
  for (const { length } of [picture, kept]) assert.ok(length < mostBytes, `${length} bytes`)
  assert.deepEqual([kept.readUInt32BE(16), kept.readUInt32BE(20)], [size.width, size.height])
  assert.ok(readDocument('README.md').includes(`](${name})`))
})
