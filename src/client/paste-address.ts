import { createInterface } from 'node:readline'
import { type CmsOauthError, isCmsOauthError, UsageError } from '../errors.ts'
import type { ControlClient } from './control-client.ts'
import { printError } from './terminal.ts'

/** Of an address that comes in lines. */
const mostPieces = 8

/** Addresses being read from standard input. */
export interface Pasting {
  /** Rejects with UsageError where the input ends first; else resolves when one was taken. */
  done: Promise<void>
  /** Reads no more. */
  stop(): void
}

/** Hands pasted addresses to the open sign-in until it takes one; says what is wrong with others. */
export function startPasting(control: ControlClient, user: string): Pasting {
  // As a terminal's line editor it takes lines of any length; the terminal's own ends at 4095 bytes.
  const lines = createInterface({
    input: process.stdin,
    ...(process.stdin.isTTY ? { output: process.stdout, historySize: 0, prompt: '> ' } : {}),
  })
  let isClosed = false
  lines.once('close', () => {
    isClosed = true
  })
  const prompt = () => {
    if (process.stdin.isTTY && !isClosed) lines.prompt()
  }
  // In raw mode the terminal sends no signal.
  lines.once('SIGINT', () => {
    lines.close()
    process.kill(process.pid, 'SIGINT')
  })
  const read = async () => {
    prompt()
    const pieces: string[] = []
    for await (const line of lines) {
      if (line.trim() !== '' && (await wasTaken(control, user, [...pieces, line]))) return
      pieces.push(line)
      pieces.splice(0, pieces.length - mostPieces)
      prompt()
    }
    throw new UsageError('standard input ended before the address was pasted', {
      hint: `run "cms-oauth login ${user} --paste" in a terminal`,
    })
  }
  return { done: read(), stop: () => lines.close() }
}

/**
 * Hands over the newest line, else with what was pasted before it: a terminal or a mail may have broken
 * an address into several lines.
 */
async function wasTaken(
  control: ControlClient,
  user: string,
  lines: readonly string[],
): Promise<boolean> {
  let refusal: CmsOauthError | undefined
  for (let first = lines.length - 1; first >= 0; first--) {
    try {
      await control.redirectSignIn(user, { url: lines.slice(first).join('') })
      return true
    } catch (error) {
      if (!isCmsOauthError(error)) throw error
      // Whatever else is wrong has ended the sign-in, whose last line says why.
      if (error.code !== 'request_invalid') return true
      refusal ??= error
    }
  }
  if (refusal !== undefined) printError(refusal)
  return false
}
