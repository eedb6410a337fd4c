/** The names that people know a provider by, and what they are in a configuration. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writtenFor } from '../../src/configuration-file/other-names.ts'
import { presets } from '../../src/provider-facts/providers.ts'

const names: Record<string, string[]> = {
  office365: [
    'outlook',
    'Hotmail',
    'microsoft',
    'Microsoft 365',
    'M365',
    'azure',
    'Entra ID',
    'exchange',
  ],
  gmail: ['google', 'Google Workspace', 'G Suite', 'googlemail'],
}

for (const [provider, others] of Object.entries(names)) {
  for (const other of others) {
    test(`"${other}" is ${provider}`, () => {
      assert.equal(writtenFor(other), `provider = "${provider}"`)
    })
  }
}

test('the name of a preset is a preset', () => {
  for (const preset of Object.keys(presets)) {
    assert.match(writtenFor(preset) ?? '', new RegExp(`"oidc".* preset = "${preset}"`))
  }
})

test('any other name is not known', () => {
  for (const name of ['', 'posteo', 'constructor', 'office365'])
    assert.equal(writtenFor(name), undefined)
})
