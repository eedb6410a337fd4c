import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unitOf } from '../../../src/daemon/socket/unit-of.ts'

const user = '/user.slice/user-1000.slice'
for (const [path, unit] of [
  ['/system.slice/exim4.service', 'exim4.service'],
  ['/system.slice/system-postfix.slice/postfix@-.service', 'postfix@-.service'],
  [`${user}/session-2.scope`, 'session-2.scope'],
  [`${user}/user@1000.service/app.slice/mail.service`, 'user@1000.service/mail.service'],
  [`${user}/user@1000.service/app.slice/exim4.service`, 'user@1000.service/exim4.service'],
  [`${user}/user@1000.service/a.service/b/c.service/d`, 'user@1000.service/c.service'],
  ['/system.slice/docker-0123.scope/payload/exim4.service', 'docker-0123.scope/exim4.service'],
  ['/../../system.slice/exim4.service', 'exim4.service'],
  ['/', undefined],
  ['/user.slice', undefined],
] as const) {
  test(`the unit of ${path} is ${unit}`, () => {
    assert.equal(unitOf(`1:name=systemd:/a.service\n0::${path}\n`), unit)
  })
}

test('without version 2 of cgroups there is none', () => {
  for (const text of ['', '9:name=systemd:/system.slice/a.service\n']) {
    assert.equal(unitOf(text), undefined)
  }
})
