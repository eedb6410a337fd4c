import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { percentile } from '../support/percentile.ts'
import {
  type BridgeStage,
  type LogIn,
  nextBytes,
  type Proxy,
  startBridgeStage,
} from './bridge-stage.ts'
import { cpuMs } from './cpu-ms.ts'
import { curlTransfers, type TransferByCurl } from './curl-mail.ts'
import type { Bench, Row } from './row.ts'

const mailBytes = 25 * 1024 * 1024
/** In a round, by each way in its turn: of one alone the scheduler makes anything from half to twice the time. */
const mailsEach = 11
const roundTrips = 2_000
const logins = 100

type Use = (socket: Socket) => Promise<void>

/**
 * What the bridge costs a program that reads mail, beside the same program at the same server by TLS:
 * ratios, and differences where the contract has those; and beside the barest proxy that Node can be. The
 * servers are processes of their own.
 */
export const bridge: Bench = async ({ rounds }) => {
  const stage = await startBridgeStage(logins)
  try {
    return await measure(stage, rounds)
  } finally {
    await stage.close()
  }
}

async function measure(stage: BridgeStage, rounds: number): Promise<Row[]> {
  const { direct, bare } = stage
  const rows = new Map<string, { goal: string; ratios: number[] }>()
  const note = (name: string, goal: string, figure: number) => {
    const row = rows.get(name) ?? { goal, ratios: [] }
    rows.set(name, { goal, ratios: [...row.ratios, figure] })
  }
  for (const logIn of [stage.bridge.logIn, bare.logIn, direct]) await sayLogins(logIn, logins)
  const file = join(stage.directory, 'mail')
  await writeFile(file, Buffer.alloc(mailBytes))
  // The server sends so many bytes as the mail of that number.
  const byCurl = curlTransfers({ file, uid: mailBytes })
  for (let round = 0; round < rounds; round++) {
    for (const [way, transfer] of [
      ['down', download],
      ['up', upload],
    ] as const) {
      const mails = await measureMails(stage, transfer)
      const { besideDirect, besideBare, cpuBesideBare, copiedBesideDirect } = mails
      note(`bridge: 25 MiB ${way}`, '<= 1.3', besideDirect)
      note(`bridge: 25 MiB ${way}, by curl`, '<= 1.3', await measureCurl(stage, byCurl[way]))
      note(`bridge: 25 MiB ${way}, through a proxy in C that only copies`, '-', copiedBesideDirect)
      note(`bridge: 25 MiB ${way}, beside a bare Node proxy`, '<= 1.1', besideBare)
      note(`bridge: 25 MiB ${way}, CPU beside a bare Node proxy`, '<= 1.1', cpuBesideBare)
    }
    const noopMs = (await msOf(direct, sayNoops)) / roundTrips
    const ourNoopMs = (await msOf(stage.bridge.logIn, sayNoops)) / roundTrips
    const bareNoopMs = (await msOf(bare.logIn, sayNoops)) / roundTrips
    note('bridge: NOOP, ms more than direct', '<= 0.15', ourNoopMs - noopMs)
    note('bridge: NOOP, beside a bare Node proxy', '-', ourNoopMs / bareNoopMs)
    const theirMs = await sayLogins(direct, logins)
    const bareLogin = await measureLogins(bare)
    const ourLogin = await measureLogins(stage.bridge)
    note('bridge: login, ms more than direct', '<= 10', ourLogin.ms - theirMs)
    note('bridge: login, ms of CPU', '<= 5', ourLogin.cpuMs)
    note('bridge: login, CPU beside a bare Node proxy', '<= 2', ourLogin.cpuMs / bareLogin.cpuMs)
  }
  return [...rows].map(([name, row]) => ({ name, ...row }))
}

/** Mails by all ways in turn: the middle of what one took beside the one by the way before it. */
async function measureMails({ direct, copied, bare, bridge }: BridgeStage, transfer: Use) {
  const before = [cpuMs(bare.pid), cpuMs(bridge.pid)]
  const besideDirect: number[] = []
  const besideBare: number[] = []
  const copiedBesideDirect: number[] = []
  for (let mail = 0; mail < mailsEach; mail++) {
    const theirs = await msOf(direct, transfer)
    const copies = await msOf(copied, transfer)
    const bares = await msOf(bare.logIn, transfer)
    const ours = await msOf(bridge.logIn, transfer)
    besideDirect.push(ours / theirs)
    besideBare.push(ours / bares)
    copiedBesideDirect.push(copies / theirs)
  }
  const [bareCpu = 0, ourCpu = 0] = [bare, bridge].map(
    ({ pid }, index) => cpuMs(pid) - (before[index] ?? 0),
  )
  return {
    besideDirect: percentile(besideDirect, 0.5),
    besideBare: percentile(besideBare, 0.5),
    copiedBesideDirect: percentile(copiedBesideDirect, 0.5),
    cpuBesideBare: ourCpu / bareCpu,
  }
}

/** As `measureMails`, by a program that people run. */
async function measureCurl({ curl }: BridgeStage, transfer: TransferByCurl): Promise<number> {
  const ratios: number[] = []
  for (let mail = 0; mail < mailsEach; mail++) {
    const theirs = await transfer(curl.direct)
    ratios.push((await transfer(curl.bridge)) / theirs)
  }
  return percentile(ratios, 0.5)
}

async function measureLogins({ pid, logIn }: Proxy): Promise<{ ms: number; cpuMs: number }> {
  const before = cpuMs(pid)
  const ms = await sayLogins(logIn, logins)
  return { ms, cpuMs: (cpuMs(pid) - before) / logins }
}

/** How long it takes, without the login. */
async function msOf(logIn: LogIn, use: Use): Promise<number> {
  const socket = await logIn()
  const startedAt = performance.now()
  await use(socket)
  const ms = performance.now() - startedAt
  socket.destroy()
  return ms
}

async function download(socket: Socket): Promise<void> {
  let left = mailBytes
  socket.write(`t SEND ${mailBytes}\r\n`)
  while (left > 0) left -= (await nextBytes(socket)).length
}

async function upload(socket: Socket): Promise<void> {
  socket.write(`t TAKE ${mailBytes}\r\n`)
  const piece = Buffer.alloc(64 * 1024)
  for (let sent = 0; sent < mailBytes; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  await nextBytes(socket)
}

async function sayNoops(socket: Socket): Promise<void> {
  for (let count = 0; count < roundTrips; count++) {
    socket.write('t NOOP\r\n')
    await nextBytes(socket)
  }
}

/** How many ms each took. */
async function sayLogins(logIn: LogIn, count: number): Promise<number> {
  const startedAt = performance.now()
  for (let each = 0; each < count; each++) (await logIn()).destroy()
  return (performance.now() - startedAt) / count
}
