import { dirname, join } from 'node:path'
import { writeServer } from '../../mail/mail-server.ts'
import type { Plan } from './plan.ts'

interface EximOptions {
  user: string
  isAppOnly: boolean
  packageRoot: string
  /** The machine has a configuration for the system's daemon already. */
  isConfigured: boolean
}

const manyAccounts =
  '# The authenticator sends all mail as the address in it: for several, put $sender_address there.'

/**
 * The commands for root, in order, that make Debian's exim send with tokens of the system's daemon.
 */
export function eximCommands(plan: Plan, options: EximOptions): string[] {
  const { user, isAppOnly, packageRoot, isConfigured } = options
  const { secret, files, tests, configFile, isIncomplete, isOneOfMany } = plan
  const [test] = tests
  const server = test === undefined ? '' : writeServer(test.server)
  const units = join(packageRoot, 'systemd', 'cms-oauthd.*')
  const socket = join(packageRoot, 'examples', 'exim4', 'relay-only', 'cms-oauthd-exim.socket')
  const own = secret === undefined ? [] : [installed(secret.path)]
  return [
    ...(isIncomplete ? [`# First fill in what is marked EDIT in ${configFile}.`] : []),
    '# As root, with cms-oauth installed where every user can read it (README, "Install").',
    'id cms-oauth || useradd --system --user-group --shell /usr/sbin/nologin cms-oauth',
    'install -d /etc/cms-oauth',
    ...own,
    isConfigured ? addition(plan) : installed(configFile, 'config.toml'),
    `cp ${units} ${socket} /etc/systemd/system/`,
    'systemctl daemon-reload',
    "systemctl stop 'cms-oauthd*.socket' cms-oauthd.service",
    'systemctl enable --now cms-oauthd.socket cms-oauthd-exim.socket cms-oauthd.service',
    `export CMS_OAUTH_CONTROL=/run/cms-oauthd/control.sock`,
    `cms-oauth login ${user}${isAppOnly ? '' : ' --paste'}`,
    `# "mail sent by smarthost; no local mail", smarthost ${server.replace(':', '::')}, "split configuration": yes`,
    'dpkg-reconfigure exim4-config',
    ...(isOneOfMany ? [manyAccounts] : []),
    ...files.map(({ advice }) => advice),
    'update-exim4.conf && systemctl restart exim4',
    `sudo -u Debian-exim cms-oauth --user=${user} --cms_sock=/run/cms-oauth/exim.sock --test-smtp=${server}`,
    `# The files in ${dirname(configFile)} are not needed any more.`,
  ]
}

/** What is new, for the machine's own configuration, which only root may read. */
function addition({ configFile, configuration, isNew }: Plan): string {
  const added = '>> /etc/cms-oauth/config.toml   # then remove what is there twice'
  if (isNew) return `cat ${configFile} ${added}`
  if (configuration === '') return `# /etc/cms-oauth/config.toml must have what ${configFile} has.`
  return `tail -n ${configuration.trimEnd().split('\n').length} ${configFile} ${added}`
}

function installed(path: string, name?: string): string {
  const target = name === undefined ? '' : name
  return `install -m 640 -g cms-oauth ${path} /etc/cms-oauth/${target}`
}
