/** What doctor says of the confinement, for each kernel and unit. */
import { test } from 'node:test'
import {
  confinementFindings,
  type KernelConfinement,
  readConfinement,
} from '../../../src/configuration-file/inspection/confinement.ts'
import { assertSentence } from '../../support/golden.ts'
import { testConfiguration } from '../../support/configurations.ts'
import assert from 'node:assert/strict'

const commands = testConfiguration()
commands.store.key = { from: 'command', argv: ['key'] }
const all: KernelConfinement = { hasLandlock: true, hasFilter: true, hidesProcesses: true }
const none: KernelConfinement = { hasLandlock: false, hasFilter: false, hidesProcesses: false }

for (const [name, configuration, kernel] of [
  ['all that there is', testConfiguration(), all],
  ['all, and a command that prints a secret', commands, all],
  ['nothing', testConfiguration(), none],
] as const) {
  test(`doctor says what holds: ${name}`, () => {
    const findings = confinementFindings(configuration, {}, kernel)
    assertSentence(findings.map(({ text }) => text).join('\n'), `confinement: ${name}`, {})
    assert.deepEqual(new Set(findings.map(({ level }) => level)), new Set(['ok']))
  })
}

test('what holds here can be read', () => {
  assert.deepEqual(
    Object.values(readConfinement()).map((value) => typeof value),
    ['boolean', 'boolean', 'boolean'],
  )
})
