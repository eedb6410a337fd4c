import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isStopped } from '../../src/kernel/stopped-process.ts'

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(5)
}

test('a process that a signal has stopped is, until it goes on', async (t) => {
  const { pid = assert.fail() } = spawn('sleep', ['60'], { stdio: 'ignore' })
  t.after(() => process.kill(pid, 'SIGKILL'))
  const state = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0]
  assert.equal(isStopped(pid), false)
  process.kill(pid, 'SIGSTOP')
  await until(() => state() === 'T')
  assert.equal(isStopped(pid), true)
  process.kill(pid, 'SIGCONT')
  await until(() => state() !== 'T')
  assert.equal(isStopped(pid), false)
})

test('what is not there is not stopped', () => {
  assert.equal(isStopped(2 ** 30), false)
})

/** A kernel that shows these files. */
function fakeKernel(t: TestContext, files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), 'cms-oauth-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') }
}

const sleeping = '7 (name) T (x) S 1 7 7 0 -1'
const kernels: [string, boolean, Record<string, string>][] = [
  ['stopped, by a name with brackets', true, { 'proc/7/stat': '7 (a) S (b) T 1 7' }],
  ['traced', true, { 'proc/7/stat': '7 (node) t 1 7' }],
  ['asleep', false, { 'proc/7/stat': sleeping }],
  [
    'frozen in cgroup v2',
    true,
    {
      'proc/7/stat': sleeping,
      'proc/7/cgroup': '0::/system.slice/cms-oauthd.service\n',
      'cgroup/system.slice/cms-oauthd.service/cgroup.events': 'populated 1\nfrozen 1\n',
    },
  ],
  [
    'not frozen in cgroup v2',
    false,
    {
      'proc/7/stat': sleeping,
      'proc/7/cgroup': '0::/a\n',
      'cgroup/a/cgroup.events': 'populated 1\nfrozen 0\n',
    },
  ],
  ...(['FROZEN', 'FREEZING', 'THAWED'] as const).map(
    (state): [string, boolean, Record<string, string>] => [
      `${state} in the freezer of cgroup v1`,
      state !== 'THAWED',
      {
        'proc/7/stat': sleeping,
        'proc/7/cgroup': '9:cpu:/b\n3:freezer:/a\n0::/\n',
        'cgroup/freezer/a/freezer.state': `${state}\n`,
      },
    ],
  ),
]

for (const [name, expected, files] of kernels) {
  test(`a process that is ${name}: ${expected}`, (t) => {
    assert.equal(isStopped(7, fakeKernel(t, files)), expected)
  })
}
