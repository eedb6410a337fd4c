import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { isAddress } from '../../config/address.ts'
import { configurationFiles } from '../../config/directories.ts'
import { UsageError } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import type { Protocol } from '../../sasl/output-format.ts'
import { configurationText } from '../init/configuration-text.ts'
import { Interview } from '../init/interview.ts'
import { fillExamples, type MailProgramName, mailPrograms } from '../init/mail-programs.ts'
import { likelyService, type MailServiceName, mailServices } from '../init/mail-services.ts'
import type { CommandLine } from '../options.ts'

interface Plan {
  user: string
  service: MailServiceName
  clientId: string
  program: MailProgramName | 'none'
}

interface PlannedFile {
  path: string
  text: string
  /** What a person does with it; empty: it lies where it belongs. */
  goesTo: string
}

const programNames = [...(Object.keys(mailPrograms) as MailProgramName[]), 'none'] as const
const serviceNames = Object.keys(mailServices) as MailServiceName[]

/** `init`: asks, then writes a configuration and the program's file; overwrites nothing. */
export async function runInit({ options }: CommandLine): Promise<number> {
  const file = options.config ?? configurationFiles(process.env)[0] ?? 'config.toml'
  refuseExisting(file)
  const interview = new Interview()
  try {
    const plan = await ask(interview)
    const files = filesOf(plan, file)
    for (const { path } of files) refuseExisting(path)
    for (const { path, text } of files) write(path, text)
    process.stdout.write(nextSteps(plan, files, daemonCommand(options.config)))
    return 0
  } finally {
    interview.close()
  }
}

async function ask(interview: Interview): Promise<Plan> {
  const user = await interview.ask({
    text: 'Address of the mailbox',
    fallback: '',
    read: (answer) =>
      isAddress(answer) ? { value: answer } : { problem: 'it looks like user@domain.com' },
  })
  const service = await interview.choose('Who keeps it', serviceNames, likelyService(user))
  process.stdout.write(`  A client ID comes from ${mailServices[service].registration}\n`)
  const clientId = await interview.ask({
    text: 'Client ID, or nothing to fill it in later',
    fallback: '',
    read: (answer) => ({ value: answer }),
  })
  const program = await interview.choose('Mail program', programNames, 'none')
  return { user, service, clientId, program }
}

function filesOf({ user, service, clientId, program }: Plan, file: string): PlannedFile[] {
  const everything: readonly Protocol[] = ['SMTP', 'IMAP']
  if (program === 'none') {
    const text = configurationText({ user, service, clientId, protocols: everything })
    return [{ path: file, text, goesTo: '' }]
  }
  const { protocols, ...more } = mailPrograms[program]
  const socket =
    'socket' in more
      ? { path: join(homedir(), 'cms-oauth', 'exim.sock'), lines: more.socket.lines }
      : undefined
  const configuration = configurationText({
    user,
    service,
    clientId,
    protocols,
    ...(socket === undefined ? {} : { socket }),
  })
  const { hosts } = mailServices[service]
  const examples = fillExamples(program, {
    user,
    hosts,
    packageRoot,
    ...(socket === undefined ? {} : { socketPath: socket.path }),
  })
  return [
    { path: file, text: configuration, goesTo: '' },
    ...examples.map(({ fileName, text, goesTo }) => ({
      path: join(dirname(file), fileName),
      text,
      goesTo,
    })),
  ]
}

function refuseExisting(path: string): void {
  if (!existsSync(path)) return
  throw new UsageError(`"${path}" exists, and is left as it is`, {
    hint: 'move it away, or name another file with --config',
  })
}

/** Fails rather than overwrite what has come into being meanwhile. @throws UsageError */
function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`"${path}" cannot be written: ${code}`, {
      hint: 'look at the directories above it, or name another file with --config',
      cause: error,
    })
  }
}

/** The daemon finds by itself only what lies where it looks. */
function daemonCommand(config: string | undefined): string {
  return config === undefined ? 'cms-oauthd' : `cms-oauthd --config=${config}`
}

function nextSteps(
  { user, service, clientId }: Plan,
  files: readonly PlannedFile[],
  daemon: string,
): string {
  const { smtp } = mailServices[service].hosts
  const written = files.map(({ path, goesTo }) =>
    goesTo === '' ? `wrote ${path}\n` : `wrote ${path}, which is for ${goesTo}\n`,
  )
  const isComplete = clientId !== '' && service !== 'other' && !mailServices[service].hasSecret
  return `${written.join('')}
Now:
${isComplete ? '' : '  edit what is marked EDIT\n'}  ${daemon} --check
  ${`${daemon} &`.padEnd(23)} or the systemd units of the README
  cms-oauth login ${user}
  cms-oauth --user=${user} --test-smtp=${smtp}
`
}
