/** A password that nothing asks for is made all the same, since its bridge may come later; who makes it is warned. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { runClient, startDaemon } from '../support/daemon.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { assertSentence } from '../support/golden.ts'
import { accountToml, createWorld } from '../support/world.ts'

const world = await createWorld()
after(() => world.close())
const { user, home } = world
const [port = 0] = await findFreePorts(1)
const listen = `listen = "127.0.0.1:${port}"\n`
const other = 'other@example.com'
const accounts = `${accountToml(world)}\n${accountToml({ ...world, user: other })}\n`
const bridge = (more = '') =>
  `[[bridge]]\nprotocol = "SMTP"\n${listen}accounts = ["${user}"]\nserver = "localhost:1"\n${more}`
const outbox = (more = '') => `[[outbox]]\naccount = "${user}"\n${more}`

const configurations = {
  nothing: '',
  'a bridge that asks for passwords': bridge(),
  'a bridge that lets in by the kernel alone': bridge('caller = ["peer"]\n'),
  'an outbox that only takes from sendmail': outbox(),
  'an outbox that asks for passwords': outbox(listen),
}

await home.configure(accounts)
const daemon = await startDaemon(home)
after(() => daemon.stop())

let made = 0

/** What is said of a new password, without the words that are always there. */
async function warningOf(options: string[]): Promise<string> {
  made += 1
  const words = ['bridge', 'add-password', `p${made}`, ...options]
  const { status, stdout, stderr } = await runClient(home, words)
  assert.equal(status, 0, stderr)
  assert.match(stdout, /^[a-z2-7]{24}\n$/)
  return stderr.replace(/^The password .*:\n/, '')
}

const cases: [keyof typeof configurations, options: string[], unasked: string | undefined][] = [
  ['nothing', [], 'any'],
  ['nothing', ['--account', user], user],
  ['a bridge that asks for passwords', [], undefined],
  ['a bridge that asks for passwords', ['--account', user], undefined],
  ['a bridge that asks for passwords', ['--account', other], other],
  ['a bridge that asks for passwords', ['--account', `${user},${other}`], other],
  ['a bridge that lets in by the kernel alone', [], 'any'],
  ['an outbox that only takes from sendmail', [], 'any'],
  ['an outbox that asks for passwords', ['--account', user], undefined],
]

for (const [what, options, unasked] of cases) {
  test(`with ${what}: add-password ${options.join(' ')}`, async () => {
    await home.configure(`${accounts}${configurations[what]}`)
    await daemon.control.reload()
    const warning = await warningOf(options)
    if (unasked === undefined) assert.equal(warning, '')
    else if (unasked === 'any') assertSentence(warning, 'nothing asks for any')
    else assertSentence(warning, 'nothing asks for one of an account', { account: unasked })
  })
}
