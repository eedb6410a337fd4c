import { UsageError } from '../../errors.ts'
import { bashCompletion } from '../completion/bash.ts'
import { fishCompletion } from '../completion/fish.ts'
import { type Shell, shells } from '../completion/words.ts'
import { zshCompletion } from '../completion/zsh.ts'
import type { CommandLine } from '../options.ts'

const scripts: Record<Shell, () => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
}

/** `completion bash|zsh|fish`: prints the script that the shell reads. @throws UsageError */
export function runCompletion({ words }: CommandLine): number {
  const [, shell, ...more] = words
  if (shell === undefined || !isShell(shell) || more.length > 0) {
    throw new UsageError('"completion" takes the name of a shell', {
      hint: `it is one of ${shells.join(', ')}, like "cms-oauth completion bash"`,
    })
  }
  process.stdout.write(scripts[shell]())
  return 0
}

function isShell(name: string): name is Shell {
  return Object.hasOwn(scripts, name)
}
