/** Where `login` opens the page. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasDesktop } from '../../src/client/has-desktop.ts'

test('one variable that names a display is enough, and an empty one names none', () => {
  assert.equal(hasDesktop({ DISPLAY: ':0' }), true)
  assert.equal(hasDesktop({ DISPLAY: '', WAYLAND_DISPLAY: 'wayland-0' }), true)
  assert.equal(hasDesktop({ DISPLAY: '', WAYLAND_DISPLAY: '' }), false)
  assert.equal(hasDesktop({}), false)
})
