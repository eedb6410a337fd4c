import { createInterface } from 'node:readline'
import { type CmsOauthError, isCmsOauthError, UsageError } from '../errors.ts'
import type { ControlClient } from './control-client.ts'
import { printError } from './terminal.ts'

/** The most lines that an address may be broken into. */
const mostPieces = 8

/** Addresses being read from standard input. */
export interface Pasting {
  /** Resolves when an address was accepted; rejects with UsageError if the input ends first. */
  done: Promise<void>
  /** Reads no more. */
  stop(): void
}

/**
 * Sends pasted addresses to the open sign-in until it accepts one; says what is wrong with the
 * others.
 */
export function startPasting(control: ControlClient, user: string): Pasting {
  // readline accepts lines of any length; the terminal's own line editing ends at 4095 bytes.
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
 * Sends the newest line, then together with the lines before it: a terminal or a mail may have
 * broken the address into several lines.
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
      // Any other error has ended the sign-in, whose last line says why.
      if (error.code !== 'request_invalid') return true
      refusal ??= error
    }
  }
  if (refusal !== undefined) printError(refusal)
  return false
}
