/** A digest as an independent reader of mail sees it: Python's. */
import { execFileSync } from 'node:child_process'

export interface ReadDigest {
  header: [string, string][]
  /** Of the whole, of the text, and of what holds the messages. */
  types: string[]
  text: string
  partTypes: string[]
  /** Of the messages that it holds, decoded. */
  subjects: string[]
  /** These messages, one character a byte: what is between the delimiters. */
  parts: string[]
  defects: string[]
}

const program = `
import base64, email, email.header, json, sys
decoded = lambda value: str(email.header.make_header(email.header.decode_header(value or '')))
raw = base64.b64decode(sys.stdin.read())
m = email.message_from_bytes(raw)
text, digest = m.get_payload()
delimiter = ('\\r\\n--' + digest.get_boundary()).encode()
parts = [p.split(b'\\r\\n\\r\\n', 1)[1] for p in raw.split(delimiter)[1:-1]]
json.dump({
    'header': m.items(),
    'types': [p.get_content_type() for p in [m, text, digest]],
    'text': text.get_payload(decode=True).decode('utf-8'),
    'partTypes': [p.get_content_type() for p in digest.get_payload()],
    'subjects': [decoded(p.get_payload(0)['subject']) for p in digest.get_payload()],
    'parts': [p.decode('latin-1') for p in parts],
    'defects': [type(d).__name__ for p in m.walk() for d in p.defects],
}, sys.stdout)
`

export function readDigest(message: Buffer): ReadDigest {
  const output = execFileSync('python3', ['-c', program], {
    input: message.toString('base64'),
    maxBuffer: 64 * 1_024 ** 2,
  })
  return JSON.parse(output.toString()) as ReadDigest
}
