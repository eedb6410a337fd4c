/** A message as an independent reader of mail sees it: Python's. */
import { execFileSync } from 'node:child_process'

export interface ReadMail {
  /** Addresses of To, Cc and Bcc. */
  recipients: string[]
  /** Of From: name and address. */
  from: [string, string][]
  /** In order, in lower case. */
  names: string[]
  /** Decoded. */
  subject: string
  /** Bodies of the leaves after their transfer encoding was undone, one character a byte. */
  bodies: string[]
  defects: string[]
}

const program = `
import base64, email, email.policy, json, sys
from email.header import decode_header, make_header
from email.utils import getaddresses
def read(raw):
    m = email.message_from_bytes(raw, policy=email.policy.compat32)
    of = lambda *names: [str(v) for n in names for v in m.get_all(n, [])]
    leaves = [p for p in m.walk() if not p.is_multipart()]
    return {
        'recipients': [a for _, a in getaddresses(of('to', 'cc', 'bcc'))],
        'from': [[str(make_header(decode_header(n))), a] for n, a in getaddresses(of('from'))],
        'names': [n.lower() for n in m.keys()],
        'subject': str(make_header(decode_header(m.get('subject', '')))),
        'bodies': [(p.get_payload(decode=True) or b'').decode('latin-1') for p in leaves],
        'defects': [type(d).__name__ for p in m.walk() for d in p.defects],
    }
json.dump([read(base64.b64decode(r)) for r in json.load(sys.stdin)], sys.stdout)
`

/** All at once: a process for each would take most of the time of the tests. */
export function readMails(messages: readonly Buffer[]): ReadMail[] {
  const input = JSON.stringify(messages.map((message) => message.toString('base64')))
  const output = execFileSync('python3', ['-c', program], { input, maxBuffer: 256 * 1024 * 1024 })
  return JSON.parse(output.toString()) as ReadMail[]
}
