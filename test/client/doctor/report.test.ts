import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Report } from '../../../src/client/doctor/report.ts'
import { failure, type Finding, ok, warning } from '../../../src/configuration/finding.ts'

function print(t: TestContext, findings: Finding[]) {
  let text = ''
  const write = t.mock.method(process.stdout, 'write', (piece: string) => {
    text += piece
    return true
  })
  const report = new Report()
  for (const finding of findings) report.add([finding])
  const status = report.end()
  write.mock.restore()
  return { status, text }
}

test('what two checks have found is said and counted once', (t) => {
  const open = failure('socket', 'insecure_file_mode', 'everybody may write "/d"', 'chmod')
  const { status, text } = print(t, [open, ok('account', 'fine'), { ...open }])
  assert.equal(text.match(/everybody may write/g)?.length, 1)
  assert.match(text, /^1 failure, 0 warnings$/m)
  assert.equal(status, 78)
})

test('different findings are all said, also about the same thing', (t) => {
  const { status, text } = print(t, [warning('socket', 'a', 'x'), warning('socket', 'b', 'x')])
  assert.match(text, /^0 failures, 2 warnings$/m)
  assert.equal(status, 0)
})
