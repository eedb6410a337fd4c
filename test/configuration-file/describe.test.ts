import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeConfiguration } from '../../src/configuration-file/describe.ts'
import { sections } from '../../src/configuration-file/schema.ts'

const text = describeConfiguration()

/** Every key that the contract names and this version has. */
const keys = {
  '[[account]]':
    'user provider client_id client_secret client_secret_file client_secret_command client_secret_credential client_authentication client_secret_expires client_certificate_file client_key_file client_key_credential client_assertion_file service_account_file service_account_credential tenant cloud grant login_hint sign_in_with sasl_user scopes resources authority preset authorization_endpoint token_endpoint device_authorization_endpoint revocation_endpoint redirect_uri rotation',
  '[[socket]]': 'path name accounts protocols mode umask owner group reply allow',
  '[[token_file]]': 'path account protocol format mode owner group',
  '[[bridge]]':
    'protocol listen name accounts account account_by_sender users caller allow networks tls plaintext certificate_file key_file server connections wait mode owner group',
  '[[outbox]]':
    'account via host api name path mode owner group allow from from_allowed from_name aliases recipients per_hour digest_above max_size too_large keep_trying retry notice_to local_domains quota_messages quota_size listen caller users networks tls plaintext certificate_file key_file',
  '[refresh]': 'before_expiry answer_within',
  '[store]':
    'kind key key_file key_credential key_command endpoints ca_file certificate_file certificate_key_file user password_file password_command password_credential prefix role token_key_file token_key_command token_key_credential',
  '[control]': 'path',
  '[sign_in]': 'listen',
  '[notify]': 'command',
  '[metrics]': 'textfile labels',
  '[log]': 'level audit',
}

test('every section is there with every key', () => {
  const parts = text.split(/^(?=\[)/m).map((part) => {
    const [header = '', ...lines] = part.split('\n')
    const names = lines.filter((line) => /^ {2}\w/.test(line)).map((line) => line.trim())
    return [header, names.join(' ')]
  })
  assert.deepEqual(Object.fromEntries(parts), keys)
})

test('every key has a meaning, and what is required or has a default says so', () => {
  for (const schema of Object.values(sections).flatMap((section) => Object.values(section))) {
    assert.match(schema.description ?? '', /\w/)
  }
  assert.match(text, /\n {2}provider\n {6}[^\n]+ \(required\);/)
  assert.match(text, /\n {2}level\n {6}.*; one of debug, info, warn, error; default "info"\n/)
  assert.match(text, /\n {2}answer_within\n {6}.*; default "4s"\n/)
})

test('no line is wider than a terminal of 100 columns', () => {
  assert.ok(Math.max(...text.split('\n').map(({ length }) => length)) <= 100)
})
