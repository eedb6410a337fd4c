import { createInterface } from 'node:readline'
import type { ControlClient } from '../control/client.ts'
import { isCmsOauthError, UsageError } from '../errors.ts'
import { printError } from './terminal.ts'

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
    let before = ''
    for await (const line of lines) {
      // A terminal, or a mail, may have broken the address: what begins no other goes on with it.
      const text = isBeginning(line) ? line : `${before}${line}`
      if (text.trim() !== '' && (await wasTaken(control, user, text))) return
      before = text
      prompt()
    }
    throw new UsageError('standard input ended before the address was pasted', {
      hint: `run "cms-oauth login ${user} --paste" in a terminal`,
    })
  }
  return { done: read(), stop: () => lines.close() }
}

function isBeginning(line: string): boolean {
  return /^[\s"'<]*(https?:\/\/|localhost|127\.0\.0\.1|\[::1\]|\?|code=|error=)/i.test(line)
}

async function wasTaken(control: ControlClient, user: string, url: string): Promise<boolean> {
  try {
    await control.redirectSignIn(user, { url })
  } catch (error) {
    if (!isCmsOauthError(error)) throw error
    // Whatever else is wrong has ended the sign-in, whose last line says why.
    if (error.code !== 'request_invalid') return true
    printError(error)
    return false
  }
  return true
}
