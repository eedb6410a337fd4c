import { spawn } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { once } from 'node:events'
import { type Home, type Result, runProgram } from './daemon.ts'
import { createExim } from './exim.ts'
import { installedProgram } from './installed-program.ts'

/** How a program reaches the outbox. */
export interface ListenerLogin {
  port: number
  user: string
  password: string
}

/** What comes of a program's mail. */
interface ListeningProgram {
  /** Whom its mail reaches, by the aliases of the outbox. */
  recipients: readonly string[]
  /** Runs it to its end; one that has none is stopped when its mail has arrived. */
  run: (home: Home, login: ListenerLogin, isTaken: Promise<unknown>) => Promise<Result>
}

/** Whom the outbox under test may write to, by name and by its domain. */
export const [me, friend, hidden] = ['me@example.org', 'friend@example.org', 'hidden@example.org']

const examples = join(import.meta.dirname, '..', '..', 'examples')
/** Without a field for recipients, as devices write it. */
const letter = 'From: program@localhost\nSubject: it works\n\nbody\n.\n..\nend\n'
const three = [friend, hidden, 'root'] as const
const all = [friend, hidden, me].toSorted()

function run(name: string, packageName: string, args: readonly string[], input = letter) {
  return (home: Home) =>
    runProgram(installedProgram(name, packageName), args, { ...home.env }, input)
}

/** A file of the examples with the port, address and password of the test. */
async function fill(path: string, { port, user, password }: ListenerLogin): Promise<string> {
  const text = await readFile(join(examples, path), 'utf8')
  return text
    .replaceAll(/\b(?:1025|1587)\b/g, String(port))
    .replaceAll('user@domain.com', user)
    .replaceAll('PASSWORD', password)
}

/** PHP as hundreds of forms and shops do it, with the prompts of AUTH LOGIN and a space after the colon. */
const fsockopen = `
$s = fsockopen('127.0.0.1', (int) $argv[1], $code, $text, 10);
function say($s, $line, $want) {
  if ($line !== null) fputs($s, $line . "\\r\\n");
  do { $said = fgets($s, 515); } while (substr($said, 3, 1) === '-');
  if (substr($said, 0, 3) !== $want) { fwrite(STDERR, $line . ': ' . $said); exit(1); }
}
say($s, null, '220');
say($s, 'HELO localhost', '250');
say($s, 'AUTH LOGIN', '334');
say($s, base64_encode($argv[2]), '334');
say($s, base64_encode($argv[3]), '235');
say($s, 'MAIL FROM: <www@localhost>', '250');
foreach (array_slice($argv, 4) as $to) say($s, 'RCPT TO: <' . $to . '>', '250');
say($s, 'DATA', '354');
say($s, "Subject: it works\\r\\n\\r\\nbody\\r\\n.", '250');
say($s, 'QUIT', '221');
`

const smtplib = `
import smtplib, sys
host, port, user, password = sys.argv[1:5]
with smtplib.SMTP(host, int(port), timeout=20) as s:
    s.login(user, password)
    s.sendmail('py@localhost', sys.argv[5:], sys.stdin.read())
`

/** Programs that speak SMTP to an outbox. */
export const listeningPrograms: Record<string, ListeningProgram> = {
  swaks: {
    recipients: all,
    run: (home, { port, user, password }) => {
      const server = ['--server', `127.0.0.1:${port}`, '--silent', '2', '--data', '-']
      const login = ['--auth', 'PLAIN', '--auth-user', user, '--auth-password', password]
      return run('swaks', 'swaks', [...server, ...login, '--to', three.join()])(home)
    },
  },
  'swaks with LOGIN, pipelining': {
    recipients: all,
    run: (home, { port, user, password }) => {
      const server = ['--server', `127.0.0.1:${port}`, '--silent', '2', '--data', '-', '--pipeline']
      const login = ['--auth', 'LOGIN', '--auth-user', user, '--auth-password', password]
      return run('swaks', 'swaks', [...server, ...login, '--to', three.join()])(home)
    },
  },
  'swaks without a login, as the user of the daemon': {
    recipients: [me],
    run: (home, { port }) => {
      const args = ['--server', `127.0.0.1:${port}`, '--silent', '2', '--data', '-', '--to', 'root']
      return run('swaks', 'swaks', args)(home)
    },
  },
  msmtp: {
    recipients: all,
    run: (home, { port, user, password }) => {
      const server = ['--host=127.0.0.1', `--port=${port}`, '--tls=off', '--from=m@localhost']
      const login = ['--auth=on', `--user=${user}`, `--passwordeval=echo ${password}`]
      return run('msmtp', 'msmtp', [...server, ...login, ...three])(home)
    },
  },
  curl: {
    recipients: all,
    run: (home, { port, user, password }) => {
      const to = three.flatMap((recipient) => ['--mail-rcpt', recipient])
      const from = ['--mail-from', 'c@localhost', '--user', `${user}:${password}`]
      const url = `smtp://127.0.0.1:${port}/client.localdomain`
      return run('curl', 'curl', ['-sS', '--url', url, '-T', '-', ...from, ...to])(home)
    },
  },
  "Python's smtplib": {
    recipients: all,
    run: (home, { port, user, password }) =>
      run('python3', 'python3', ['-c', smtplib, '127.0.0.1', `${port}`, user, password, ...three])(
        home,
      ),
  },
  'PHP by fsockopen': {
    recipients: all,
    run: (home, { port, user, password }) =>
      run('php', 'php-cli', ['-r', fsockopen, '--', `${port}`, user, password, ...three])(home),
  },
  PHPMailer: {
    recipients: [friend],
    run: async (home, login) => {
      const path = join(home.directory, 'send.php')
      await writeFile(path, await fill('bridge/php/send.php', login))
      return run('php', 'php-cli', [path, friend])(home)
    },
  },
  // It closes its side behind QUIT.
  exim: { recipients: [friend, hidden].toSorted(), run: runExim },
  monit: { recipients: [me], run: runMonit },
}

/** Its status is how many messages wait afterwards. */
async function runExim(home: Home, login: ListenerLogin): Promise<Result> {
  await chmod(home.directory, 0o711)
  const exim = await createExim({ home }, await fill('bridge/exim4/exim4.conf', login))
  const result = await exim.run(['-odf', '-i', '-f', 'program@localhost', friend, hidden], letter)
  return { ...result, status: await exim.queued(), stderr: await exim.log() }
}

/** Its first round finds that a file is not there, and tells of it; then it is stopped. */
async function runMonit(
  home: Home,
  login: ListenerLogin,
  isTaken: Promise<unknown>,
): Promise<Result> {
  const inHome = (name: string) => join(home.directory, name)
  const file = inHome('monitrc')
  const places = ['idfile', 'statefile'].map((what) => `set ${what} ${inHome(what)}\n`)
  const missing = `check file gone path ${inHome('gone')}\n  if does not exist then alert\n`
  const example = await fill('outbox/monit/monitrc', login)
  // Not of its start and its end too: how many of those there are is a matter of time.
  const text = example.replace('alert root@localhost', 'alert root@localhost only on { nonexist }')
  await writeFile(file, `set daemon 1\n${places.join('')}${text}${missing}`, { mode: 0o600 })
  const program = '/opt/monit/usr/bin/monit'
  const child = spawn(program, ['-I', '-c', file, '-p', inHome('monit.pid')], {
    env: home.env,
    stdio: 'ignore',
  })
  const ended = once(child, 'close')
  await Promise.race([isTaken, ended])
  child.kill()
  await ended
  return { status: 0, stdout: '', stderr: '' }
}
