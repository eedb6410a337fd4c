import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { DaemonUnreachableError } from '../../errors.ts'

/** What the user's systemd needs to find the programs. */
export interface UnitOptions {
  packageRoot: string
  /** cms-oauthd, where it is. */
  program: string
  configFile: string
  env: NodeJS.ProcessEnv
}

const units = ['cms-oauthd.socket', 'cms-oauthd.service']

/** True if the user has a running systemd. */
export function hasUserSystemd(): boolean {
  return spawnSync('systemctl', ['--user', 'show-environment'], { stdio: 'ignore' }).status === 0
}

/**
 * Installs the user units if there are none, enables them and starts them. @throws
 * DaemonUnreachableError
 */
export function enableUserUnit(options: UnitOptions): void {
  const directory = join(
    options.env['XDG_CONFIG_HOME'] || join(homedir(), '.config'),
    'systemd',
    'user',
  )
  mkdirSync(directory, { recursive: true })
  for (const name of units) {
    const path = join(directory, name)
    if (!existsSync(path)) copyFileSync(join(options.packageRoot, 'systemd', 'user', name), path)
  }
  const dropIn = join(directory, 'cms-oauthd.service.d', 'init.conf')
  mkdirSync(dirname(dropIn), { recursive: true })
  writeFileSync(dropIn, unitDropIn(options))
  run(['daemon-reload'])
  run(['enable', '--now', ...units])
}

/** The unit looks in /usr/local/bin and /usr/bin alone, and for the usual configuration. */
export function unitDropIn({ program, configFile, env }: UnitOptions): string {
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin']
  const ca = env['CMS_OAUTH_EXTRA_CA'] ?? ''
  return [
    '# Written by "cms-oauth init".',
    '[Service]',
    `Environment=${quoted(`PATH=${[...new Set(path)].join(':')}`)}`,
    ...(ca === '' ? [] : [`Environment=${quoted(`NODE_EXTRA_CA_CERTS=${ca}`)}`]),
    'ExecStart=',
    `ExecStart=${[program, '--config', configFile].map(inCommand).join(' ')}`,
    '',
  ].join('\n')
}

/** systemd.syntax(7): quotes, backslashes, specifiers. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}

/** In commands variables are expanded too. */
function inCommand(word: string): string {
  return quoted(word).replaceAll('$', '$$$$')
}

function run(words: readonly string[]): void {
  const { status, stderr } = spawnSync('systemctl', ['--user', ...words], { encoding: 'utf8' })
  if (status === 0) return
  throw new DaemonUnreachableError(
    `"systemctl --user ${words.join(' ')}" failed: ${stderr.trim()}`,
    {
      hint: 'see "systemctl --user status cms-oauthd", or run "cms-oauth init" again and take "background"',
    },
  )
}
