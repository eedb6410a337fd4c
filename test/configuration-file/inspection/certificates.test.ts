/** What a start would not accept of a certificate that programs are shown, by --check and doctor. */
import assert from 'node:assert/strict'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inspect } from '../../../src/configuration-file/inspection/inspect.ts'
import { loadConfiguration } from '../../../src/configuration-file/load.ts'
import { createTestCertificates, type TestCertificates } from '../../support/certificates.ts'
import { assertFinding } from '../../support/golden.ts'
import { temporaryDirectory } from '../../renewer/store/temporary-directory.ts'

interface Files {
  certificate?: string
  key?: string
  keyMode?: number
}

interface Row {
  name: string
  files: () => Files
  isRefused?: true
  /** What the sentence names. */
  named?: Record<string, string>
}

let sound: TestCertificates
let other: TestCertificates
let expired: TestCertificates

before(async () => {
  sound = await createTestCertificates()
  other = await createTestCertificates()
  expired = await createTestCertificates({ isExpired: true })
})
after(() => Promise.all([sound, other, expired].map((each) => each.remove())))

const [certificate, key] = ['DIR/certificate.pem', 'DIR/key.pem']
// Of root, the group of a file is whom root gave it to.
const change = process.getuid?.() === 0 ? 'g-w,o=' : 'go='

const rows: Row[] = [
  { name: 'a pair that is sound', files: () => ({ certificate: sound.cert, key: sound.key }) },
  {
    name: 'no certificate',
    files: () => ({ key: sound.key }),
    isRefused: true,
    named: { certificate },
  },
  {
    name: 'no key',
    files: () => ({ certificate: sound.cert }),
    isRefused: true,
    named: { key },
  },
  {
    name: 'a certificate that is none',
    files: () => ({ certificate: 'x', key: sound.key }),
    isRefused: true,
    named: { certificate },
  },
  {
    name: 'a key that is none',
    files: () => ({ certificate: sound.cert, key: 'x' }),
    isRefused: true,
  },
  {
    name: 'the key of another certificate',
    files: () => ({ certificate: sound.cert, key: other.key }),
    isRefused: true,
    named: { certificate },
  },
  {
    name: 'a key that others may read',
    files: () => ({ certificate: sound.cert, key: sound.key, keyMode: 0o644 }),
    isRefused: true,
    named: { key, change },
  },
  {
    name: 'a certificate that has expired, which stops no start',
    files: () => ({ certificate: expired.cert, key: expired.key }),
  },
]

const listeners = {
  bridge: '[[bridge]]\nprotocol = "SMTP"\naccounts = ["u@contoso.com"]\n',
  outbox: '[[outbox]]\naccount = "u@contoso.com"\nvia = "smtp"\n',
}

for (const [kind, table] of Object.entries(listeners)) {
  describe(`of an [[${kind}]]`, () => {
    for (const { name, files, isRefused, named = {} } of rows) {
      test(name, async (t) => {
        const directory = temporaryDirectory(t)
        const paths = {
          certificate: join(directory, 'certificate.pem'),
          key: join(directory, 'key.pem'),
        }
        const { keyMode = 0o600, ...texts } = files()
        for (const [part, text] of Object.entries(texts)) {
          writeFileSync(paths[part as keyof typeof paths], text, { mode: 0o600 })
        }
        if (texts.key !== undefined) chmodSync(paths.key, keyMode)
        const file = join(directory, 'config.toml')
        const keys = `listen = "127.0.0.1:1587"\ntls = "implicit"\ncertificate_file = "${paths.certificate}"\nkey_file = "${paths.key}"\n`
        const account =
          '[[account]]\nuser = "u@contoso.com"\nprovider = "office365"\nclient_id = "11111111-2222-3333-4444-555555555555"\n'
        writeFileSync(
          file,
          `${account}${table}${keys}${table === listeners.bridge ? `${table}${keys.replace('1587', '1588')}` : ''}`,
          { mode: 0o600 },
        )
        const env = {
          XDG_RUNTIME_DIR: join(directory, 'run'),
          STATE_DIRECTORY: `${directory}/state:${directory}/key`,
        }
        const found = await inspect(loadConfiguration({ file, env }), env)
        const told = found.map((each) => ({
          ...each,
          text: each.text.replaceAll(directory, 'DIR'),
          hint: each.hint.replaceAll(directory, 'DIR'),
        }))
        if (isRefused === undefined) return assert.deepEqual(told, [])
        assert.equal(told.length, 1)
        assertFinding(told[0], 'failure', `certificate of a listener: ${name}`, named)
      })
    }
  })
}
