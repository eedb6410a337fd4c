/** `npm run demo`: sets up what a fresh clone lacks, then shows the whole thing on loopback. */
import '../support/set-up.mjs'
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const { NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...env } = process.env
const demo = join(import.meta.dirname, 'demo.ts')
const options = ['--no-warnings', '--import', 'tsx', demo, ...process.argv.slice(2)]
const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
const child = spawn(process.execPath, options, { env, stdio })
const told = {}
child.on('message', (message) => Object.assign(told, message))
// It tidies up before it ends, whoever is told to; its channel tells it when this process is killed.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (status) => {
  if (status !== null) process.exit(status)
  // Killed, it could not.
  void clearAway(told).then(() => process.exit(1))
})

async function clearAway({ folder, daemonPid }) {
  // Its daemon ends with it.
  if (daemonPid !== undefined) await hasEnded(daemonPid)
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
}

async function hasEnded(pid) {
  try {
    for (;;) {
      process.kill(pid, 0)
      await delay(50)
    }
  } catch {
    // It is no more.
  }
}
