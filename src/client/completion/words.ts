import { type Option, writtenName } from '../../command-line/option-table.ts'
import { outputFormats, protocols } from '../../sasl/output-format.ts'
import { commonOptions, ownOptions } from '../applicable-options.ts'
import type { Command } from '../command-table.ts'
import { type OptionName, optionTable } from '../options.ts'

/** The shells that completions exist for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What a value is completed with: the daemon's addresses, files, words, or nothing. */
export type Values = 'addresses' | 'files' | readonly string[] | undefined

/**
 * A shell command that prints the daemon's accounts, one per line, or nothing without a daemon. It
 * leaves out addresses that a shell would have to quote.
 */
export const accountsCommand = String.raw`cms-oauth status --json 2>/dev/null | sed -n 's/^ *"user": "\([A-Za-z0-9._%+@-]*\)",$/\1/p'`

const valueKinds: Record<string, Values> = {
  ADDRESS: 'addresses',
  PATH: 'files',
  FILE: 'files',
  'FROM TO': 'files',
  'OLD NEW': 'files',
  PROTO: protocols,
  FORMAT: outputFormats,
}

/** What a placeholder of the help (an option's value or a command's operand) is completed with. */
export function valuesOf(shown: string | undefined): Values {
  if (shown === undefined) return undefined
  const values = shown.replaceAll(/[[\]]/g, '')
  return values.includes('|') ? values.split('|') : valueKinds[values]
}

type WrittenOption = readonly [string, Option]

/** Every option as it is written, with its row of the table. */
export const writtenOptions: WrittenOption[] = Object.entries<Option>(optionTable).map(written)

/** The options that may follow a command, or be used without one. */
export function optionsAfter(command: Command | undefined): WrittenOption[] {
  return [...ownOptions(command), ...commonOptions].map((name: OptionName) =>
    written([name, optionTable[name]]),
  )
}

function written([name, option]: [string, Option]): WrittenOption {
  return [writtenName(name, option), option]
}

/**
 * Prints the daemon's options: asked at run time, so that they are those of the installed version.
 */
export const daemonOptionsCommand = String.raw`cms-oauthd --help 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p'`
