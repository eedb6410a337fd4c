import { closeSync, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'

// In raw mode the keys that a terminal obeys are characters.
const interrupting = '\u0003'
/** Enter, and Ctrl-D. */
const ending = ['\r', '\n', '\u0004']
/** Backspace. */
const erasing = ['\u007f', '\b']
/** Ctrl-U. */
const clearing = '\u0015'

/**
 * What a person types at the terminal, which does not show it: for commands whose standard input is taken.
 * Undefined where there is no terminal, or nobody at it: with standard error elsewhere a question would
 * not be seen.
 */
export async function askSecret(question: string): Promise<string | undefined> {
  const terminal = process.stderr.isTTY ? openTerminal() : undefined
  if (terminal === undefined) return undefined
  // First: whoever answers as soon as the question shows must not see the answer.
  terminal.setRawMode(true)
  try {
    process.stderr.write(question)
    return await readLine(terminal)
  } finally {
    terminal.setRawMode(false)
    terminal.destroy()
    process.stderr.write('\n')
  }
}

function openTerminal(): ReadStream | undefined {
  let descriptor
  try {
    descriptor = openSync('/dev/tty', 'r')
    return new ReadStream(descriptor)
  } catch {
    if (descriptor !== undefined) closeSync(descriptor)
    return undefined
  }
}

async function readLine(terminal: ReadStream): Promise<string> {
  let line = ''
  for await (const text of terminal.setEncoding('utf8') as AsyncIterable<string>) {
    for (const character of text) {
      if (ending.includes(character)) return line
      if (character === interrupting) interrupt(terminal)
      line = lineAfter(line, character)
    }
  }
  return line
}

function lineAfter(line: string, character: string): string {
  if (character === clearing) return ''
  return erasing.includes(character) ? line.replace(/.$/u, '') : line + character
}

function interrupt(terminal: ReadStream): void {
  terminal.setRawMode(false)
  process.stderr.write('\n')
  process.kill(process.pid, 'SIGINT')
}
