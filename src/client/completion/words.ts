import { type Option, writtenName } from '../../command-line/option-table.ts'
import { outputFormats, protocols } from '../../sasl/output-format.ts'
import { commonOptions, ownOptions } from '../applicable-options.ts'
import type { Command } from '../command-table.ts'
import { type OptionName, optionTable } from '../options.ts'

/** Shells that a completion is made for. */
export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** What a value is completed with: addresses of the daemon, files, words, or nothing. */
export type Values = 'addresses' | 'files' | readonly string[] | undefined

/**
 * A shell command that prints the daemon's accounts, one in a line, and nothing without a daemon. It
 * leaves out an address that a shell would have to quote.
 */
export const accountsCommand = String.raw`cms-oauth status --json 2>/dev/null | sed -n 's/^ *"user": "\([A-Za-z0-9._%+@-]*\)",$/\1/p'`

const valueKinds: Record<string, Values> = {
  ADDRESS: 'addresses',
  PATH: 'files',
  FILE: 'files',
  PROTO: protocols,
  FORMAT: outputFormats,
}

/** What the value of an option, or a command's operand as its help shows it, is completed with. */
export function valuesOf(shown: string | undefined): Values {
  if (shown === undefined) return undefined
  const values = shown.replaceAll(/[[\]]/g, '')
  return values.includes('|') ? values.split('|') : valueKinds[values]
}

type WrittenOption = readonly [string, Option]

/** Every option as it is written, with its entry of the table. */
export const writtenOptions: WrittenOption[] = Object.entries<Option>(optionTable).map(written)

/** Those that may follow a command, or stand without one. */
export function optionsAfter(command: Command | undefined): WrittenOption[] {
  return [...ownOptions(command), ...commonOptions].map((name: OptionName) =>
    written([name, optionTable[name]]),
  )
}

function written([name, option]: [string, Option]): WrittenOption {
  return [writtenName(name, option), option]
}

/** Where the daemon's options are read from, so that they are always those of the one installed. */
export const daemonOptionsCommand = String.raw`cms-oauthd --help 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*=\{0,1\}\).*/\2/p'`
