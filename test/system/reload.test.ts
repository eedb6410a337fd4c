/** What a reload of the real daemon changes, and what it leaves alone. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmod, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type RunningDaemon, runClient } from '../support/daemon.ts'
import { assertError, assertResult } from '../support/golden.ts'
import { accountToml, createWorld, startSignedIn, type World } from '../support/world.ts'

describe('a reload', () => {
  let world: World
  let daemon: RunningDaemon
  let own: string
  let base: string
  const other = `[[account]]\nuser = "other@example.com"\nprovider = "office365"\nclient_id = "c"\n`

  before(async () => {
    world = await createWorld()
    const { home } = world
    own = accountToml(world)
    base = own + socket('first')
    await home.configure(base)
    daemon = await startSignedIn(world, base)
  })

  after(async () => {
    await daemon.stop()
    await world.close()
  })

  let markers = 0

  /** Whatever the daemon has logged so far is read when this line of its own is. */
  async function readLog(): Promise<void> {
    const marker = `marker${markers++}`
    await world.home.configure(`${base}${marker} = 1\n`)
    await assert.rejects(daemon.control.reload(), { code: 'config_invalid' })
    await daemon.logged(({ message }) => String(message).includes(`"${marker}"`))
    await world.home.configure(base)
  }

  beforeEach(async () => {
    await world.home.configure(base)
    await daemon.control.reload()
    // A changed account is being refreshed: no test begins during that.
    await daemon.control.refresh(world.user)
    await readLog()
  })

  const pathOf = (name: string) => join(world.home.directory, `${name}.sock`)

  function socket(name: string, keys = ''): string {
    return `[[socket]]\npath = "${pathOf(name)}"\n${keys}`
  }

  const applied = () => daemon.log.filter(({ event }) => event === 'configuration.applied').length
  const reload = () => runClient(world.home, ['reload'])

  async function ask(name: string, request = 'SMTP,token'): Promise<string> {
    const connection = connect(pathOf(name))
    connection.end(`${request} ${world.user}\n`)
    return text(connection)
  }

  async function fingerprints(): Promise<Record<string, string | null>> {
    const { accounts } = await daemon.control.accounts()
    return Object.fromEntries(accounts.map(({ user, fingerprint }) => [user, fingerprint]))
  }

  /** Begins a request; the function that comes back finishes it, and returns the answer. */
  async function begin(): Promise<() => Promise<string>> {
    const open = connect(pathOf('first'))
    await once(open, 'connect')
    open.write('SMTP,token us')
    return () => {
      open.end(world.user.slice('us'.length))
      return text(open)
    }
  }

  /**
   * What the requests get that are open meanwhile: at each moment of the work there is one that was begun
   * before and is finished later. None is open for long, however long the work takes: a socket gives
   * a request 10 s.
   */
  async function answersDuring(work: () => Promise<void>): Promise<string[]> {
    let finish = await begin()
    const answers: string[] = []
    const done = new AbortController()
    const asked = (async () => {
      while (!done.signal.aborted) {
        await setTimeout(250)
        const next = await begin()
        answers.push(await finish())
        finish = next
      }
    })()
    await Promise.all([asked, work().finally(() => done.abort())])
    return [...answers, await finish()]
  }

  /** Everything that a reload must leave alone: tokens, the socket's file, an open request. */
  async function assertUndisturbed(work: () => Promise<void>): Promise<void> {
    const expected = (await fingerprints())[world.user]
    const { ino } = await stat(pathOf('first'))
    const [token = '', ...more] = await answersDuring(work)
    assert.equal(await world.provider.introspect(token), world.user)
    assert.deepEqual(new Set([...more, await ask('first')]), new Set([token]))
    assert.equal((await stat(pathOf('first'))).ino, ino)
    assert.equal((await fingerprints())[world.user], expected)
    assert.notEqual(expected, null)
  }

  test('of the same file changes nothing', async () => {
    await assertUndisturbed(async () => {
      assertResult(await reload(), 0, 'the same file', { file: world.home.configFile })
    })
  })

  test('adds, changes and removes accounts, and leaves the others alone', async () => {
    const { configFile } = world.home
    await assertUndisturbed(async () => {
      await world.home.configure(base + other)
      assert.equal((await reload()).stdout, `${configFile}: added other@example.com\n`)
      assert.deepEqual(Object.keys(await fingerprints()), [world.user, 'other@example.com'])
      await world.home.configure(`${base}${other}tenant = "t"\n`)
      assert.equal((await reload()).stdout, `${configFile}: changed other@example.com\n`)
      await world.home.configure(base)
      assert.equal((await reload()).stdout, `${configFile}: removed other@example.com\n`)
      assert.deepEqual(Object.keys(await fingerprints()), [world.user])
    })
  })

  test('adds, changes and removes sockets, and leaves the others alone', async () => {
    await assertUndisturbed(async () => {
      await world.home.configure(base + socket('second'))
      const added = `${world.home.configFile}: added socket ${pathOf('second')}\n`
      assert.equal((await reload()).stdout, added)
      assert.equal((await stat(pathOf('second'))).mode & 0o777, 0o600)
      assert.equal(await ask('second'), await ask('first'))
      await world.home.configure(base + socket('second', 'mode = "0666"\n'))
      await reload()
      assert.equal((await stat(pathOf('second'))).mode & 0o777, 0o666)
      await world.home.configure(base + socket('second', 'mode = "0666"\nallow = {}\n'))
      await reload()
      assert.equal(await ask('second'), '')
      await world.home.configure(base)
      await reload()
      await assert.rejects(stat(pathOf('second')), { code: 'ENOENT' })
    })
  })

  test('changes what a socket answers without making it again', async () => {
    await assertUndisturbed(async () => {
      await world.home.configure(own + socket('first', 'reply = "token"\nprotocols = ["SMTP"]\n'))
      await reload()
      assert.equal(await ask('first', 'SMTP'), await ask('first'))
    })
  })

  test('gives a socket its rights back, and leaves one alone whose group has more by an ACL', async () => {
    for (const mode of [0o400, 0o604]) {
      await chmod(pathOf('first'), mode)
      await reload()
      assert.equal((await stat(pathOf('first'))).mode & 0o777, 0o600)
      assert.notEqual(await ask('first'), '')
    }
    await chmod(pathOf('first'), 0o660)
    const { ino } = await stat(pathOf('first'))
    await reload()
    assert.equal((await stat(pathOf('first'))).ino, ino)
    await chmod(pathOf('first'), 0o600)
  })

  test('keeps the grant of an account that changed, and its token until the next one', async () => {
    const changed = `${own}sasl_user = { SMTP = "delegate@example.com" }\n${socket('first')}`
    await world.home.configure(changed)
    assert.equal((await reload()).stdout, `${world.home.configFile}: changed ${world.user}\n`)
    const reply = await ask('first', 'SMTP,xoauth2')
    const [user, token = ''] = reply.split('\u0001auth=Bearer ')
    assert.equal(user, 'user=delegate@example.com')
    assert.equal(await world.provider.introspect(token.replaceAll('\u0001', '')), world.user)
  })

  test('that brings an account back finds its grant', async () => {
    await world.home.configure(other + socket('first'))
    await reload()
    assert.equal(await ask('first'), '')
    await world.home.configure(base)
    await reload()
    assert.equal(await world.provider.introspect(await ask('first')), world.user)
  })

  test('by SIGHUP does the same', async () => {
    await assertUndisturbed(async () => {
      await world.home.configure(base + other)
      const seen = daemon.log.length
      daemon.process.kill('SIGHUP')
      await daemon.logged(({ event }) => event === 'configuration.applied', seen)
      assert.deepEqual(Object.keys(await fingerprints()), [world.user, 'other@example.com'])
    })
  })

  test('of a bad file keeps the old configuration and says why', async () => {
    await assertUndisturbed(async () => {
      await world.home.configure(`${base}${other}tenent = "t"\n`)
      const line = base.split('\n').length + 4
      const place = `${world.home.configFile}:${line}: key "tenent"`
      const names = { place, nearest: '"tenant"' }
      assertResult(await reload(), 78, 'of a bad file', names)
      const seen = daemon.log.length
      daemon.process.kill('SIGHUP')
      const refused = await daemon.logged(({ event }) => event === 'configuration.refused', seen)
      assert.equal(refused.level, 'error')
      assertError(refused, 'config_invalid', 'of a bad file, in the log', names)
      assert.deepEqual(Object.keys(await fingerprints()), [world.user])
    })
  })

  test('of a file that is gone or open to others keeps the old configuration', async () => {
    await assertUndisturbed(async () => {
      await chmod(world.home.configFile, 0o666)
      const path = world.home.configFile
      assertResult(await reload(), 78, 'of a file that others may write', { path })
      await rm(path)
      assertResult(await reload(), 78, 'of a file that is gone', { path })
    })
  })

  test('with a socket that cannot be opened opens and closes none', async () => {
    await assertUndisturbed(async () => {
      await writeFile(pathOf('taken'), 'no socket')
      await world.home.configure(own + socket('second') + socket('taken') + other)
      const path = pathOf('taken')
      assertResult(await reload(), 78, 'with a socket that cannot be opened', { path })
      await assert.rejects(stat(pathOf('second')), { code: 'ENOENT' })
      assert.deepEqual(Object.keys(await fingerprints()), [world.user])
    })
  })

  test('cannot change what the daemon stands on', async () => {
    const sections = { store: 'key_file = "/k"', control: 'path = "/run/other.sock"' }
    await assertUndisturbed(async () => {
      for (const [section, keys] of Object.entries(sections)) {
        await world.home.configure(`${base}[${section}]\n${keys}\n`)
        const names = { path: world.home.configFile, section: `[${section}]` }
        assertResult(await reload(), 78, 'cannot change what the daemon stands on', names)
      }
    })
  })

  test('changes how much is logged', async () => {
    const before = applied()
    await world.home.configure(`${base}[log]\nlevel = "error"\n`)
    await reload()
    await reload()
    await readLog()
    assert.equal(applied(), before)
    await reload()
    await readLog()
    assert.equal(applied(), before + 1)
  })
})
