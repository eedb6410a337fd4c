import { execFile } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { olderSendmail, sendmailMark, usualSendmail } from '../../command-line/sendmail-mark.ts'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'

const run = promisify(execFile)
const timeoutMs = 10_000

/** Whether what programs call to send mail is ours, and starts: `usual` and `older` by their paths, another by PATH. */
export async function checkSendmail(
  usual = usualSendmail,
  searchPath = process.env['PATH'] ?? '',
  older = olderSendmail,
): Promise<Finding[]> {
  const first = searchPath
    .split(':')
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, 'sendmail'))
    .find(existsSync)
  const findings = [await finding(usual)]
  if (first !== undefined && first !== usual) findings.push(await finding(first))
  // Before the usual one is ours there is enough to say.
  const isStray = isOurs(textOf(usual)) && !isOurs(textOf(older))
  return isStray ? [...findings, olderFinding(older, usual)] : findings
}

function olderFinding(older: string, usual: string): Finding {
  const isThere = existsSync(older)
  const what = isThere ? `is "${realpathSync(older)}"` : 'is not there'
  const step = `${isThere ? divert(older) : ''}ln -s ${relative(dirname(older), usual)} ${older}`
  const text = `${older}: ${what}, and arpwatch and other programs call it by this path`
  return warning('sendmail', text, `run as root "${step}"`)
}

async function finding(path: string): Promise<Finding> {
  const directory = path.slice(0, path.lastIndexOf('/'))
  const install = `cms-oauth sendmail --install ${directory}`
  const text = textOf(path)
  if (text === undefined) {
    const what = `${path}: is not there, and cron, sudo and PHP call it by this path`
    return warning('sendmail', what, `run as root "${install}"`)
  }
  if (!isOurs(text)) {
    const what = `${path}: is "${realpathSync(path)}": what it sends does not go through the outbox`
    return warning('sendmail', what, `run as root "${divert(path)}${install}"`)
  }
  const said = await versionOf(path)
  if (said === undefined) {
    const what = `${path}: does not start: its Node.js or its program has moved`
    return failure('sendmail', 'config_invalid', what, `run as root "${install}" again`)
  }
  const owner = await packageOf(path)
  if (owner === undefined) return ok('sendmail', `${path}: hands mail to the outbox, ${said}`)
  const what = `${path}: is ours, until the next upgrade of "${owner}" puts its own there`
  return warning('sendmail', what, `run as root "dpkg-divert --local --no-rename --add ${path}"`)
}

function isOurs(text = ''): boolean {
  return text.includes(sendmailMark)
}

/** Without it Debian puts the program of its package there again. */
function divert(path: string): string {
  const isDebian = existsSync('/usr/bin/dpkg-divert')
  return isDebian ? `dpkg-divert --local --rename --add ${path} && ` : `mv ${path} ${path}.old && `
}

/** What a script begins with; undefined where nothing is, as behind a broken link. */
function textOf(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  try {
    return readFileSync(path, 'latin1').slice(0, 1_000)
  } catch {
    // Not ours: that everybody may read.
    return ''
  }
}

/** As cron starts it, with a short PATH. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const env = { PATH: '/usr/bin:/bin' }
    return (await run(path, ['--version'], { env, timeout: timeoutMs })).stdout.trim()
  } catch {
    return undefined
  }
}

/** The package of Debian that the path belongs to, unless it is diverted. */
async function packageOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('dpkg', ['--search', path], { timeout: timeoutMs })
    if (/^(?:local diversion|diversion by) /m.test(stdout)) return undefined
    return /^([^:\s]+):/m.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}
