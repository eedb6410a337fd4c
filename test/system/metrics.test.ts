/** The figures of the real daemon: by the control socket, and in the file for node_exporter. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test } from 'node:test'
import { askSocket } from '../../src/socket-client/ask-socket.ts'
import { createHome, startDaemon } from '../support/daemon.ts'
import { promtool } from '../support/promtool.ts'
import { scrape } from '../support/scrape.ts'
import { startScriptedServer } from '../support/scripted-server.ts'

const user = 'user@example.com'
/** printf %s user@example.com | sha256sum | cut -c 1-12 */
const id = 'b4c9a289323b'
const good = {
  status: 200,
  body: { access_token: 'canary-token', token_type: 'Bearer', expires_in: 3_600 },
}
const refusal = { status: 400, body: { error: 'invalid_grant' } }

test('the figures follow an account from its first sign-in to the one that is required', async (t) => {
  const provider = await startScriptedServer()
  t.after(() => provider.close())
  const home = await createHome(provider.certificates.caFile)
  t.after(() => home.remove())
  const folder = join(home.directory, 'metrics')
  const textfile = join(folder, 'cms-oauth.prom')
  // As of a directory of node_exporter, others may write it.
  mkdirSync(folder, { mode: 0o777 })
  const account =
    `[[account]]\nuser = "${user}"\nprovider = "oidc"\nclient_id = "id"\n` +
    `authority = "${provider.url}"\nscopes = ["mail"]\n`
  await home.configure(`${account}[metrics]\ntextfile = "${textfile}"\n`)
  const daemon = await startDaemon(home)
  t.after(() => daemon.stop())
  const { pid } = daemon.process
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
  const inFile = async (line: string) => {
    while (!existsSync(textfile) || !readFileSync(textfile, 'utf8').includes(`\n${line}\n`)) {
      await setTimeout(20)
    }
  }

  await inFile(`cms_oauth_token_state{account="${id}",state="signed_out"} 1`)
  provider.answer(good)
  await daemon.control.importGrant(user, { refresh_token: 'canary-refresh' })
  for (const asked of [`SMTP ${user}`, `SMTP ${user}`, `POP ${user}`, 'SMTP other@example.com']) {
    await askSocket(home.tokenSocket, asked, 5_000)
  }
  const before = new Set(children())
  const { headers, body } = await scrape(home.controlSocket)
  assert.deepEqual(
    children().filter((child) => !before.has(child)),
    [],
  )
  assert.equal(
    headers['content-type'],
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  )
  assert.ok(body.endsWith('\n# EOF\n'))
  for (const line of [
    `cms_oauth_token_state{account="${id}",state="active"} 1`,
    `cms_oauth_refreshes_total{account="${id}",outcome="refreshed"} 1`,
    `cms_oauth_grants_total{account="${id}",protocol="SMTP"} 2`,
    'cms_oauth_refusals_total{reason="protocol_not_enabled"} 1',
    'cms_oauth_refusals_total{reason="account_unknown"} 1',
    'cms_oauth_audit_lost_total 0',
  ]) {
    assert.ok(body.includes(`\n${line}\n`), `${line} is not in\n${body}`)
  }
  const expiresAt = Number(/token_expires_seconds\{.*\} (\S+)/.exec(body)?.[1]) * 1_000
  assert.ok(Math.abs(expiresAt - Date.now() - 3_600_000) < 60_000, String(expiresAt))
  assert.doesNotMatch(body, /canary|@/)

  const older = await scrape(home.controlSocket, 'text/plain')
  assert.equal(older.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  const checked = spawnSync(promtool, ['check', 'metrics'], { input: older.body })
  assert.deepEqual([checked.status, String(checked.stderr)], [0, ''])

  for (let attempt = 0; attempt < 2; attempt++) {
    provider.answer(refusal)
    await assert.rejects(daemon.control.refresh(user), { code: 'sign_in_required' })
  }
  await inFile(`cms_oauth_token_state{account="${id}",state="sign_in_required"} 1`)
  assert.equal(statSync(textfile).mode & 0o777, 0o644)
  const filed = spawnSync(promtool, ['check', 'metrics'], { input: readFileSync(textfile) })
  assert.deepEqual([filed.status, String(filed.stderr)], [0, ''])

  await home.configure(`${account}[metrics]\nlabels = "address"\n`)
  const { settings } = await daemon.control.reload()
  assert.deepEqual([settings, existsSync(textfile)], [['metrics'], false])
  assert.match((await scrape(home.controlSocket)).body, new RegExp(`account="${user}"`))
})
