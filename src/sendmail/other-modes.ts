/** The modes other than handing over a message, in a file of its own: few calls need to load it. */
import { columnsOf } from '../command-line/fold-text.ts'
import { UsageError } from '../errors.ts'
import { version } from '../package/version.ts'
import { helpText } from './help.ts'
import { installWrappers } from './install.ts'
import { print } from './print.ts'
import { describeQueue, flushQueue } from './queue.ts'
import { speakSmtp } from './speak-smtp.ts'

type Run = (operands: readonly string[]) => Promise<void> | void

const modes = {
  '--help': () => print(helpText(columnsOf(process.stdout))),
  '--version': () => print(`cms-oauth ${version}\n`),
  '--install': install,
  list: async () => {
    const { stdout } = process
    print(await describeQueue(columnsOf(stdout), stdout.isTTY))
  },
  flush: flushQueue,
  dialogue: speakSmtp,
} satisfies Record<string, Run>

/** Does what is asked for. @throws CmsOauthError */
export async function runMode(
  mode: keyof typeof modes,
  operands: readonly string[] = [],
): Promise<void> {
  const run: Run = modes[mode]
  await run(operands)
}

function install([directory, ...more]: readonly string[]): void {
  if (directory === undefined || more.length > 0) {
    throw new UsageError('--install needs a directory', {
      hint: 'write "cms-oauth sendmail --install /usr/local/sbin"',
    })
  }
  const paths = installWrappers(directory)
  print(paths.map((path) => `${path}\n`).join(''))
}
