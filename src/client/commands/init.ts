import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { columnsOf, foldCommand, foldText } from '../../command-line/fold-text.ts'
import { nearestKnown } from '../../command-line/nearest-known.ts'
import { configurationFiles } from '../../configuration/directories.ts'
import { tokenSocketPath } from '../../configuration/paths.ts'
import { UsageError } from '../../errors.ts'
import { packageRoot } from '../../package/root.ts'
import { refuseOperands } from '../control.ts'
import type { Answers } from '../init/answers.ts'
import { findBridgePlace } from '../init/bridge-place.ts'
import { eximCommands } from '../init/exim-commands.ts'
import { Interview } from '../init/interview.ts'
import { isForSystem, mailProgramNames } from '../init/mail-programs.ts'
import { type MachineFacts, makePlan, type Plan } from '../init/plan.ts'
import { askAll, type SystemDraft } from '../init/questions.ts'
import { registrations, registrationText } from '../init/registration.ts'
import { takeSteps } from '../init/steps.ts'
import { readIfThere, writeFiles } from '../init/write-files.ts'
import type { CommandLine } from '../options.ts'
import { readConfiguration } from '../read-configuration.ts'
import { say } from '../terminal.ts'

const env = process.env

/**
 * `init`: asks, writes the configuration and the program's files, starts the daemon, signs in and
 * logs in to the mail server. `init --registration [NAME]` prints the commands or steps that
 * register an app.
 * @throws CmsOauthError
 */
export async function runInit(line: CommandLine): Promise<number> {
  if (line.options.registration === true) {
    process.stdout.write(registrationText(packageRoot, line.words.slice(1)))
    return 0
  }
  refuseWords(line)
  const file = line.options.config ?? configurationFiles(env)[0] ?? 'config.toml'
  // A configuration for the system's daemon must not be where the user's own daemon finds it.
  const systemFile = join(dirname(file), 'system', 'config.toml')
  const own = { file, existing: await readExisting(file) }
  const draft = { file: systemFile, existing: await readExisting(systemFile) }
  const interview = new Interview()
  try {
    const answers = await askAll(interview, own.existing?.configuration, systemDraftOf(draft))
    const place = isForSystem(answers) ? draft : own
    const plan = makePlan(answers, await factsOf(answers, place))
    await writeFiles(plan, interview)
    for (const words of plan.besides) say(`  ${words}`)
    return await goOn(line, answers, plan, interview)
  } finally {
    interview.close()
  }
}

/** An existing configuration is added to, so it must be valid. @throws CmsOauthError */
async function readExisting(file: string): Promise<MachineFacts['existing']> {
  const text = readIfThere(file)
  if (text === undefined) return undefined
  return { text, configuration: await readConfiguration({ file, env }) }
}

/** The configuration that is written, and what is in it already. */
interface Target {
  file: string
  existing: MachineFacts['existing']
}

function systemDraftOf({ file, existing }: Target): SystemDraft | undefined {
  const program = mailProgramNames.find((name) => isForSystem({ program: name }))
  if (existing === undefined || program === undefined) return undefined
  return { file, configuration: existing.configuration, program }
}

async function factsOf(answers: Answers, { file, existing }: Target): Promise<MachineFacts> {
  const { program } = answers
  return {
    home: homedir(),
    configFile: file,
    ...(existing === undefined ? {} : { existing }),
    bridgePlace: await findBridgePlace(answers, existing?.configuration.bridges),
    tokenSocket: tokenSocketPath(env),
    hasNotifier: isInPath('notify-send'),
    client: client(),
    personName: program === 'git' ? nameForGit() : '',
    readFile: readIfThere,
    readExample: (name) => readFileSync(join(packageRoot, 'examples', name), 'utf8'),
  }
}

function client(): string {
  return isInPath('cms-oauth') ? 'cms-oauth' : join(packageRoot, 'bin', 'cms-oauth.js')
}

/** As git has it; empty where it has none, or one that an address cannot begin with as it is. */
function nameForGit(): string {
  const { stdout } = spawnSync('git', ['config', '--global', 'user.name'], { encoding: 'utf8' })
  const name = (stdout ?? '').trim()
  return /^[\p{L}\p{M}\p{N} '-]{1,80}$/u.test(name) ? name : ''
}

function isInPath(program: string): boolean {
  const directories = (env['PATH'] ?? '').split(delimiter).filter((each) => each !== '')
  return directories.some((directory) => existsSync(join(directory, program)))
}

async function goOn(
  line: CommandLine,
  answers: Answers,
  plan: Plan,
  interview: Interview,
): Promise<number> {
  if (plan.isOfSystem) {
    const isConfigured = existsSync('/etc/cms-oauth/config.toml')
    const isAppOnly = answers.account?.isAppOnly === true
    const options = { user: answers.user, isAppOnly, packageRoot, isConfigured }
    sayToDo(eximCommands(plan, options))
    return 0
  }
  if (plan.isIncomplete) {
    sayToDo([`fill in what is marked EDIT in ${plan.configFile}`, `${client()} init`], foldText)
    return 0
  }
  await readConfiguration({ file: plan.configFile, env })
  const steps = { answers, plan, interview, line, packageRoot, client: client(), env }
  const { status, toDo } = await takeSteps(steps)
  const notes = [...plan.files.map(({ advice }) => advice), ...plan.besides]
  const left = notes.filter((note) => note !== '')
  if (toDo.length > 0) sayToDo(toDo)
  // By now what was said above is out of sight.
  if (left.length > 0) say(`\nStill to do by hand:\n${left.map((note) => `  ${note}`).join('\n')}`)
  if (toDo.length > 0) return status
  const start = left.length > 0 ? '' : 'Done. '
  say(`\n${start}"${client()} status" shows the account, "${client()} doctor" checks everything.`)
  return status
}

/** They are commands, which can be copied from a narrow terminal too. */
function sayToDo(lines: readonly string[], fold = foldCommand): void {
  const columns = columnsOf(process.stdout)
  const folded = lines.map((words) => fold(`  ${words}`, columns)).join('\n')
  process.stdout.write(`\nTo do:\n${folded}\n`)
}

function refuseWords({ words, options }: CommandLine): void {
  const [, word] = words
  const meant = word === undefined ? undefined : nearestKnown(word, registrations)
  if (meant === undefined) return refuseOperands({ words, options })
  throw new UsageError(`"init" asks for the provider: it does not take "${word}"`, {
    hint: `just "cms-oauth init"; "cms-oauth init --registration ${meant}" says how to register an app`,
  })
}
