/** Writes the manual pages into the directory that it is given: part of the build. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientPage } from './client-page.ts'
import { configurationPage } from './configuration-page.ts'
import { controlPage } from './control-page.ts'
import { daemonPage } from './daemon-page.ts'
import { outboxPage } from './outbox-page.ts'
import { sendmailPage } from './sendmail-page.ts'
import { socketPage } from './socket-page.ts'

const pages = {
  'cms-oauth.1': clientPage,
  'cms-oauth.toml.5': configurationPage,
  'cms-oauth-control.7': controlPage,
  'cms-oauth-socket.7': socketPage,
  'cms-oauth-outbox.7': outboxPage,
  'cms-oauth-sendmail.8': sendmailPage,
  'cms-oauthd.8': daemonPage,
}

const [, , directory = '.'] = process.argv
mkdirSync(directory, { recursive: true })
for (const [name, page] of Object.entries(pages)) writeFileSync(join(directory, name), page())
