import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAliasFile } from '../../../src/outbox/submission/alias-file.ts'

test('/etc/aliases is read for names and addresses, and for nothing that would run or be opened', () => {
  const text = `# comment
root: me@example.org
postmaster:    root
team: a@x.org, b@x.org,
  c@x.org
"quoted name": root
pipe: |/bin/false, d@x.org
pipes: "|/bin/false -x", /var/spool/file, :include:/etc/list, \\alice
__proto__: e@x.org
empty:
no colon
`
  assert.deepEqual(Object.entries(parseAliasFile(text)), [
    ['root', ['me@example.org']],
    ['postmaster', ['root']],
    ['team', ['a@x.org', 'b@x.org', 'c@x.org']],
    ['quoted name', ['root']],
    ['pipe', ['d@x.org']],
    ['__proto__', ['e@x.org']],
  ])
})
