import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { ClientGoneError, ClientLines } from '../../src/bridge/client-lines.ts'
import type { Dialogue, Step } from '../../src/bridge/gate.ts'
import { converse, converseWith } from './fake-gate.ts'

/**
 * What a dialogue says to lines that are given to it one by one; the same must be said to a program
 * that sends all of them at once, and to one that sends each byte in a packet of its own.
 */
export async function converseInThreeWays(
  create: () => Dialogue,
  lines: readonly string[],
): Promise<string[]> {
  const { said, sent } = await overhear(create(), lines)
  const bytes = Buffer.from(sent, 'latin1')
  assert.deepEqual(await converseInPieces(create(), [bytes]), said, 'all at once')
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
  assert.deepEqual(await converseInPieces(create(), single), said, 'byte by byte')
  return said
}

/** What is said, and what a program sends for it: lines have an end, and octets have none. */
export async function overhear(dialogue: Dialogue, lines: readonly string[]) {
  let sent = ''
  let hasOctets = false
  let count = 0
  const note = (line: string) => (sent += hasOctets ? line : `${line}\r\n`)
  const said = await converse(
    {
      farewells: dialogue.farewells,
      greet: () => dialogue.greet(),
      lineLimit: (start) => dialogue.lineLimit(start),
      receive: async (line) => {
        note(line)
        count += 1
        const step = await dialogue.receive(line)
        hasOctets = step.octets !== undefined
        return step
      },
    },
    lines,
  )
  for (const line of lines.slice(count)) note(line)
  return { said, sent }
}

/** What is said to a program whose bytes come so. */
export async function converseInPieces(
  dialogue: Dialogue,
  pieces: readonly Uint8Array[],
): Promise<string[]> {
  const program = new PassThrough()
  const lines = new ClientLines(program as unknown as Socket)
  const left = [...pieces]
  const send = () => {
    const piece = left.shift()
    if (piece === undefined) return void program.end()
    program.write(piece)
    setImmediate(send)
  }
  send()
  const said = await converseWith(dialogue, async ({ octets }: Step) => {
    const limits = { bytesOf: (start: string) => dialogue.lineLimit(start), waitMs: 60_000 }
    try {
      return await (octets === undefined ? lines.read(limits) : lines.readOctets(octets, 60_000))
    } catch (error) {
      if (error instanceof ClientGoneError) return undefined
      throw error
    }
  })
  left.length = 0
  return said
}
