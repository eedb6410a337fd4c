/** What is told of an exception that nobody expected: never its words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashReportOf } from '../../src/child-process/crash-report.ts'

const secret = 'canary-of-a-refresh-token'

function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

test('the class, the code and where it came from are told', () => {
  const report = crashReportOf(thrownBy(() => Buffer.alloc(-1)))
  assert.equal(report.kind, 'RangeError')
  assert.equal(report.code, 'ERR_OUT_OF_RANGE')
  assert.ok(report.frames.length > 0 && report.frames.length <= 12)
  assert.ok(report.frames.some((frame) => /^crash-report\.test\.ts:\d+$/.test(frame)))
  for (const frame of report.frames) assert.match(frame, /^[\w.:/-]+:\d+$/)
})

test('an error of the system is told by its code, without the path', () => {
  const error = thrownBy(() => process.chdir(`/nonexistent/${secret}`))
  const report = crashReportOf(error)
  assert.equal(report.code, 'ENOENT')
  assert.ok(!JSON.stringify(report).includes('canary'))
})

const withFields = (fields: object) => Object.assign(new Error(secret), fields)
const frameLike = `\n    at ${secret} (/${secret}.js:1:1)\n    at node:${secret}:1:1\n    at /tmp/${secret}:1:1`

const thrown: [string, unknown][] = [
  ['a message', new TypeError(secret)],
  ['a message of many lines', new Error(`first\n${secret}\nlast`)],
  ['a message that looks like frames', new Error(`x${frameLike}`)],
  ['a message that was changed later', withFields({ message: 'other' })],
  ['a stack of frames that are none', withFields({ stack: frameLike })],
  ['a stack that is not text', withFields({ stack: { secret } })],
  ['a stack without an end', withFields({ stack: `    at ${secret.repeat(10_000)}` })],
  ['a code', withFields({ code: secret })],
  ['a code in capitals', withFields({ code: secret.toUpperCase() })],
  ['a code that is an object', withFields({ code: { secret } })],
  ['a name', withFields({ name: secret })],
  ['a class', new ({ [secret]: class extends Error {} }[secret] as ErrorConstructor)(secret)],
  ['a cause', new Error('x', { cause: new Error(secret) })],
  ['several errors', new AggregateError([new Error(secret)], secret)],
  ['a text', secret],
  ['an object', { secret }],
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
]

for (const [name, error] of thrown) {
  test(`no secret is told of what was thrown: ${name}`, () => {
    const report = crashReportOf(error)
    assert.ok(!JSON.stringify(report).toLowerCase().includes('canary'), JSON.stringify(report))
    assert.match(report.kind, /^\w+$/)
  })
}
