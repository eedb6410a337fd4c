/** Odd bodies and parts of MIME, as an independent reader has them after they were prepared. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { prepare } from './prepare.ts'

/** One character a byte, so that a row can hold any. */
interface Row {
  name: string
  /** From Content-Type on. */
  entity: string
  /** Each leaf: type, charset, file name, bytes. Absent: not held here. */
  leaves: { type?: string; charset?: string; file?: string; body: string }[]
}

const bytes = (text: string) => Buffer.from(text).toString('latin1')
const latin1 = 'Gr\u00fc\u00dfe'
const part = (boundary: string) =>
  `--${boundary}\nContent-Type: text/plain; charset=utf-8\n\n${bytes('Käse')}\n--${boundary}--\n`
const cheese = { type: 'text/plain', charset: 'utf-8', body: bytes('Käse') }

/** A file of this name, as a parameter says it. */
function file(parameter: string, name: string): Row {
  return {
    name: `the file ${name}, by ${parameter.slice(0, 40)}`,
    entity: `Content-Type: application/pdf\nContent-Disposition: attachment; ${bytes(parameter)}; size=3\nContent-Transfer-Encoding: base64\n\nAAEC\n`,
    leaves: [{ type: 'application/pdf', file: name, body: '\0\u0001\u0002' }],
  }
}

/** Text of which the field says this. */
function labelled(field: string, text: string, charset: string): Row {
  return {
    name: `${field || 'no Content-Type'} of text in ${charset}`,
    entity: `Content-Type: multipart/mixed; boundary=b\n\n--b\n${field && `${field}\n`}\n${text}\n--b--\n`,
    leaves: [{ charset, body: text }],
  }
}

const rows: Row[] = [
  ...[
    '; boundary="a\\"b"',
    '; boundary=(c)"a\\"b" (d)',
    '; x="; boundary=no"; boundary="a\\"b"',
  ].map((parameters) => ({
    name: `a boundary in ${parameters}`,
    entity: `Content-Type: multipart/mixed${parameters}\n\n${part('a"b')}`,
    leaves: [cheese],
  })),
  ...['boundary*0=aa; boundary*1="b b"', "boundary*=us-ascii''aab%20b", 'Boundary = "aab b"'].map(
    (parameters) => ({
      name: `a boundary in ${parameters}`,
      entity: `Content-Type: multipart/mixed; ${parameters}\n\n${part('aab b')}`,
      leaves: [cheese],
    }),
  ),
  ...['Content-Type: multipart/mixed', 'Content-Type: multipart/mixed; boundary=other'].map(
    (field) => ({
      name: `${field} without parts is text`,
      entity: `${field}\n\n${bytes('Käse')}\n`,
      leaves: [{ type: 'text/plain', charset: 'utf-8', body: bytes('Käse\n') }],
    }),
  ),
  {
    name: 'letters beyond ASCII before and after the parts',
    entity: `Content-Type: multipart/mixed; boundary=b\n\npre\u00e4mble\n${part('b')}epil\u00f6g\n`,
    leaves: [cheese],
  },
  {
    name: 'a digest',
    entity: `Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: one\nContent-Type: text/plain; charset=utf-8\n\n${bytes('Käse')}\n--b--\n`,
    leaves: [cheese],
  },
  ...['', 'Content-Type: text/plain', 'Content-Type: text/html; charset=us-ascii; x=y'].flatMap(
    (field) => [
      labelled(field, bytes('Käse'), 'utf-8'),
      labelled(field, latin1, 'iso-8859-1'),
      labelled(field.replace('us-ascii', 'ANSI_X3.4-1968'), bytes('Käse'), 'utf-8'),
    ],
  ),
  labelled('Content-Type: text/plain; charset=utf-8', latin1, 'utf-8'),
  labelled('Content-Type: text/plain; charset=koi8-r', latin1, 'koi8-r'),
  file('filename="Käse 1.pdf"', 'Käse 1.pdf'),
  file('filename=Käse.pdf', 'Käse.pdf'),
  file('filename="日本\\"語; x.pdf"', '日本"語; x.pdf'),
  file(`filename="${'語'.repeat(150)}.pdf"`, `${'語'.repeat(150)}.pdf`),
  file(`filename="Käse.pdf"; filename*=utf-8''K%C3%A4se.pdf`, 'Käse.pdf'),
  file(`filename*0*=utf-8''K%C3%A4se; filename*1=.pdf`, 'Käse.pdf'),
  file('filename="plain 1.pdf"', 'plain 1.pdf'),
  {
    name: 'quoted-printable with letters beyond ASCII',
    entity: `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nK=C3=A4se ${bytes('Käse')} =\nx\n`,
    leaves: [{ body: `${bytes('Käse Käse')} x\n` }],
  },
  {
    name: 'quoted-printable in one line',
    entity: `Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n${'ab=3D '.repeat(400)}x\n`,
    leaves: [{ body: `${'ab= '.repeat(400)}x\n` }],
  },
  {
    name: 'base64 in one line',
    entity: `Content-Type: application/x-thing\nContent-Transfer-Encoding: BASE64\n\n${Buffer.alloc(3_001, 'xyz').toString('base64')}\n`,
    leaves: [{ body: Buffer.alloc(3_001, 'xyz').toString() }],
  },
]

const program = `
import base64, email, email.policy, json, sys
def read(raw):
    m = email.message_from_bytes(raw, policy=email.policy.default)
    leaves = [p for p in m.walk() if not p.is_multipart()]
    return {
        'leaves': [{'type': p.get_content_type(), 'charset': p.get_content_charset(), 'file': p.get_filename(),
                    'body': p.get_payload(decode=True).decode('latin-1')} for p in leaves],
        'defects': [type(d).__name__ for p in m.walk() for d in p.defects],
    }
json.dump([read(base64.b64decode(r)) for r in json.load(sys.stdin)], sys.stdout)
`

test('an entity arrives as it was meant, in lines that every server takes', () => {
  const ways = ['api', 'smtp'] as const
  const cases = ways.flatMap((encoding) => rows.map((row) => ({ ...row, encoding })))
  const messages = cases.map(({ entity, encoding }) => {
    const message = Buffer.from(`Subject: s\nMIME-Version: 1.0\n${entity}`, 'latin1')
    return prepare({ message, rules: { encoding } }).message
  })
  const input = JSON.stringify(messages.map((message) => message.toString('base64')))
  const output = execFileSync('python3', ['-c', program], { input }).toString()
  const read = JSON.parse(output) as { leaves: Row['leaves']; defects: string[] }[]
  const wrong = cases.flatMap(({ name, encoding, leaves }, index) => {
    const { leaves: came = [], defects = [] } = read[index] ?? {}
    const seen = came.map((leaf, at) => {
      const wanted = Object.keys(leaves[at] ?? leaf)
      const body = leaf.body.replaceAll('\r\n', '\n')
      return Object.fromEntries(
        Object.entries({ ...leaf, body }).filter(([key]) => wanted.includes(key)),
      )
    })
    // eslint-disable-next-line no-control-regex
    const isMail = /^(?:[\t -~]{0,998}\r\n)+$/.test(messages[index]?.toString('latin1') ?? '')
    const said = JSON.stringify({ seen, defects, isMail })
    const isRight = said === JSON.stringify({ seen: inOrder(leaves), defects: [], isMail: true })
    return isRight ? [] : [`${encoding}: ${name}: ${said.slice(0, 400)}`]
  })
  assert.deepEqual(wrong, [])
})

function inOrder(leaves: Row['leaves']): object[] {
  return leaves.map(({ type, charset, file, body }) => ({
    ...(type !== undefined && { type }),
    ...(charset !== undefined && { charset }),
    ...(file !== undefined && { file }),
    body,
  }))
}

test('what was encoded already, and can be sent so, is not touched', () => {
  for (const [encoding, body] of [
    ['quoted-printable', `${'ab=3D '.repeat(60)}=\r\nx\r\n`],
    ['base64', `${Buffer.alloc(300).toString('base64')}\r\nAA==\r\n`],
  ]) {
    const field = `Content-Type: application/x-thing\nContent-Transfer-Encoding: ${encoding}`
    const message = `Subject: s\n${field}\n\n${body}`
    assert.ok(prepare({ message }).message.toString().endsWith(`\r\n\r\n${body}`))
  }
})
