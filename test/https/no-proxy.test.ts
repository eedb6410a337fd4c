/** NO_PROXY, each row held against curl(1) itself where curl can tell. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { isExcepted } from '../../src/https/no-proxy.ts'
import { installedProgram } from '../support/installed-program.ts'

type Row = [host: string, list: string, isDirect: boolean]

const asCurl: Row[] = [
  ['login.example.com', '', false],
  ['login.example.com', ',', false],
  ['login.example.com', '*', true],
  ['login.example.com', 'other.org,*', false],
  ['login.example.com', 'login.example.com', true],
  ['login.example.com', 'example.com', true],
  ['login.example.com', '.example.com', true],
  ['example.com', '.example.com', true],
  ['login.example.com', 'EXAMPLE.com', true],
  ['login.example.com', 'example.com.', true],
  ['login.example.com', 'other.org, example.com', true],
  ['login.example.com', 'other.org example.com', true],
  ['login.example.com', 'ample.com', false],
  ['login.example.com', 'in.login.example.com', false],
  ['login.example.com', 'com', true],
  ['10.0.0.1', '10.0.0.1', true],
  ['10.0.0.11', '10.0.0.1', false],
  ['10.0.0.1', '10.0.0', false],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['192.168.1.130', '192.168.1.128/25', true],
  ['192.168.1.127', '192.168.1.128/25', false],
  ['10.0.0.1', '10.0.0.0/33', false],
  ['10.0.0.1', '10.0.0.1/32', true],
  ['10.0.0.1', '0.0.0.0/0', false],
  ['[::1]', '::1', true],
  ['[fe80::7]', 'fd00::/8', false],
  ['10.example.com', '10.0.0.0/8', false],
]

/** What no list can say to the curl of Debian 12, though its manual has networks of IPv6. */
const beyondCurl: Row[] = [
  ['[fd00::7]', 'fd00::/8', true],
  ['[2001:db8::1]', '2001:db8:0::1', true],
  ['login.example.com', 'example.com:443', true],
  ['login.example.com', 'example.com:8443', false],
  ['login.example.com:8443', 'example.com:8443', true],
  ['login.example.com', '*.example.com', true],
  ['[::1]', '[::1]', true],
  ['[::1]:9', '[::1]:9', true],
  ['[::1]', '[::1]:9', false],
  ['10.0.0.1:9', '10.0.0.1:9', true],
]

function ours([host, list]: Row): boolean {
  return isExcepted(list, new URL(`https://${host}/`))
}

describe('NO_PROXY', () => {
  const proxy = createServer((socket) => {
    asked++
    socket.end('HTTP/1.1 403 No\r\n\r\n')
  })
  let asked = 0
  let port = 0

  before(async () => {
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    port = (proxy.address() as AddressInfo).port
  })
  after(() => proxy.close())

  /** True where curl does not come to the proxy. A direct way leads to a port that nobody has. */
  async function curls([host, list]: Row): Promise<boolean> {
    const before = asked
    const env = { HTTPS_PROXY: `http://127.0.0.1:${port}`, NO_PROXY: list }
    const args = ['-sS', '--connect-to', '::127.0.0.1:1', `https://${host}/`]
    const curl = execFile(installedProgram('curl', 'curl'), args, { env })
    await once(curl, 'close')
    return asked === before
  }

  for (const row of asCurl) {
    const [host, list, isDirect] = row
    test(`"${list}" and "${host}": ${isDirect ? 'direct' : 'proxy'}, as curl has it`, async () => {
      assert.deepEqual(
        { ours: ours(row), curl: await curls(row) },
        { ours: isDirect, curl: isDirect },
      )
    })
  }

  for (const row of beyondCurl) {
    const [host, list, isDirect] = row
    test(`"${list}" and "${host}": ${isDirect ? 'direct' : 'proxy'}`, () => {
      assert.equal(ours(row), isDirect)
    })
  }
})
