import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  controlSocketPath,
  runtimeDirectory,
  tokenSocketPath,
} from '../../src/configuration/paths.ts'

test('the runtime directory is the one that the session gives', () => {
  assert.equal(runtimeDirectory({ XDG_RUNTIME_DIR: '/r' }), '/r/cms-oauth')
})

test('without one it is the directory of the user where there is one, else of the system', () => {
  const nobodys = 4_294_967_294
  for (const env of [{}, { XDG_RUNTIME_DIR: '' }]) {
    assert.equal(runtimeDirectory(env, nobodys), '/run/cms-oauth')
  }
})

test('both sockets are in the runtime directory, unless the control socket is named', () => {
  const env = { XDG_RUNTIME_DIR: '/r' }
  assert.equal(tokenSocketPath(env), '/r/cms-oauth/cms.sock')
  assert.equal(controlSocketPath(env), '/r/cms-oauth/control.sock')
  assert.equal(controlSocketPath({ ...env, CMS_OAUTH_CONTROL: '' }), '/r/cms-oauth/control.sock')
  assert.equal(controlSocketPath({ ...env, CMS_OAUTH_CONTROL: '/c' }), '/c')
})
