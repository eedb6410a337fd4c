import { runProgram } from '../support/daemon.ts'
import { installedProgram } from '../support/installed-program.ts'

/** Where curl(1) logs in, in the words of its configuration file. */
export type CurlWords = Record<'url' | 'user' | 'login-options', string> & Record<string, string>

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
