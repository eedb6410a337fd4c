import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import type { ControlClient } from '../control-client.ts'
import { formatTable } from '../table.ts'
import { say } from '../terminal.ts'
import type { BridgeAnswers } from './answers.ts'
import type { BridgePlace } from './bridge-place.ts'
import { fillBridgeExample } from './fill-bridge-example.ts'
import { findPasswordProgram, type PasswordFile } from './password-programs.ts'
import { readIfThere, writeNew } from './write-files.ts'

interface Giving {
  user: string
  bridge: BridgeAnswers
  place: BridgePlace
  control: ControlClient
  configFile: string
  packageRoot: string
}

/** What the program has now. */
export interface Given {
  password: string
  /** Commands, in order, that put the files in their places. */
  toDo: string[]
}

/** Makes a password for the program, and writes its files or shows what to type. @throws CmsOauthError */
export async function giveProgram(giving: Giving): Promise<Given> {
  const { user, bridge, place, control, configFile } = giving
  const { files } = findPasswordProgram(bridge.program)
  const name = await freeName(giving)
  const { password } = await control.addPassword(name, { accounts: [user] })
  say(`made the password "${name}", which is good for ${user} at the bridges`)
  if (files.length === 0) say(settingsText(user, password, place))
  const directory = join(dirname(configFile), name)
  return {
    password,
    toDo: files.flatMap((file) => giveFile(giving, { file, password, directory })),
  }
}

/** The program's, or with a number where it is taken. */
async function freeName({ bridge, control, configFile }: Giving): Promise<string> {
  const taken = (await control.passwords()).map(({ name }) => name)
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? bridge.program : `${bridge.program}-${number}`
    if (!taken.includes(name) && !existsSync(join(dirname(configFile), name))) return name
  }
}

function giveFile(
  { user, place, packageRoot }: Giving,
  { file, password, directory }: { file: PasswordFile; password: string; directory: string },
): string[] {
  const example = readFileSync(join(packageRoot, 'examples', 'bridge', file.example), 'utf8')
  const text = fillBridgeExample(example, { user, password, place })
  const usual = file.place?.replace(/^~/, homedir())
  const isFree = usual !== undefined && readIfThere(usual) === undefined
  const path = isFree ? usual : join(directory, basename(file.example))
  writeNew(path, text)
  say(`wrote ${path}`)
  if (isFree) return []
  const notice = usual === undefined ? [] : [`# ${file.place} is there already:`]
  return [...notice, ...file.otherwise.map((line) => line.replaceAll('FILE', path))]
}

const encryptions = {
  off: 'none',
  starttls: 'none, or STARTTLS',
  required: 'STARTTLS',
  implicit: 'TLS from the start (SSL)',
} as const

function settingsText(user: string, password: string, { host, port, tls }: BridgePlace): string {
  const rows = [
    ['  server', host],
    ['  port', String(port)],
    ['  encryption', encryptions[tls]],
    ['  user name', user],
    ['  password', `${password}   (it is shown this once)`],
    ['  sender', user],
  ]
  const trust = `Where it verifies certificates, give it what "cms-oauth bridge certificate" prints.`
  const table = `What the program needs to know:\n${formatTable(rows).trimEnd()}`
  return tls === 'off' ? table : `${table}\n${trust}`
}
