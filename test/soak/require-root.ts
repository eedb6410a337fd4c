import assert from 'node:assert/strict'

/** Fails where the gate cannot be held: one that is skipped says nothing. */
export function requireRoot(): void {
  assert.equal(process.geteuid?.(), 0, 'this gate needs root')
}
