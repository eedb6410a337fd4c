import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

/** Where curl(1) logs in, in the words of its configuration file. */
export type CurlWords = Record<'url' | 'user' | 'login-options', string> & Record<string, string>

/** Where an account is reached by IMAP, and what lets curl in. */
interface CurlAccess {
  user: string
  bridge: { port: number; password: string }
  direct: { port: number; token: string; caFile: string }
}

/** The words for its inbox, through the bridge and without it. */
export function curlWays({
  user,
  bridge,
  direct,
}: CurlAccess): Record<'bridge' | 'direct', CurlWords> {
  return {
    bridge: {
      url: `imap://127.0.0.1:${bridge.port}/INBOX`,
      user: `${user}:${bridge.password}`,
      'login-options': 'AUTH=PLAIN',
    },
    direct: {
      url: `imaps://localhost:${direct.port}/INBOX`,
      user: `${user}:`,
      'login-options': 'AUTH=XOAUTH2',
      'oauth2-bearer': direct.token,
      cacert: direct.caFile,
    },
  }
}

/** A mail that curl sends, and the one that it reads. */
export interface CurlMail {
  file: string
  uid: number
}

/** How long curl takes to send or read a mail, in ms, without its start and its login. */
export type TransferByCurl = (words: CurlWords) => Promise<number>

/** Both ways. */
export function curlTransfers({ file, uid }: CurlMail): Record<'down' | 'up', TransferByCurl> {
  return {
    down: (words) => transferMs({ ...words, url: `${words.url};UID=${uid}` }),
    up: (words) => transferMs({ ...words, 'upload-file': file }),
  }
}

/** @throws where curl fails */
async function transferMs(words: CurlWords): Promise<number> {
  const all = {
    ...words,
    output: '/dev/null',
    'max-time': '60',
    'write-out': '%{time_pretransfer} %{time_total}',
  }
  const lines = Object.entries(all).map(([name, value]) => `${name} = "${value}"\n`)
  const { PATH } = process.env
  const curl = installedProgram('curl', 'curl')
  const { status, stdout, stderr } = await runProgram(
    curl,
    ['-q', '-sS', '-K', '-'],
    { PATH },
    lines.join(''),
  )
  if (status !== 0) throw new Error(`curl failed: ${stderr}`)
  const [begun = 0, ended = 0] = stdout.split(' ').map(Number)
  return (ended - begun) * 1_000
}
