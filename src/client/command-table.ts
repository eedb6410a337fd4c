import type { OptionName } from './options.ts'

/** A command as its help shows it. */
export interface Command {
  /** What follows its name; optional parts are in brackets. */
  operand?: string
  /** Options that are its own. */
  options?: readonly OptionName[]
  help: string
}

/** Every command of the client, in the order of the help text. */
export const commandTable = {
  login: { operand: '[ADDRESS]', options: ['browser', 'device', 'paste', 'all'], help: 'sign in' },
  logout: { operand: 'ADDRESS', options: ['revoke'], help: 'forget the sign-in' },
  status: {
    operand: '[ADDRESS]',
    options: ['json', 'watch'],
    help: 'accounts, their states, and what to do',
  },
  doctor: {
    operand: '[ADDRESS]',
    options: ['cms-sock', 'test-smtp', 'test-imap', 'test-pop'],
    help: 'check everything between the configuration and the mail server',
  },
  bridge: {
    operand: 'add-password|list-passwords|remove-password|certificate',
    options: ['account', 'json'],
    help: 'passwords, each with a NAME, and the certificate of a [[bridge]]: see cms-oauth.toml(5)',
  },
  sendmail: {
    operand: '[-t] [ADDRESS...]',
    help: 'hand a message to an [[outbox]], as sendmail does: see cms-oauth-sendmail(8)',
  },
  outbox: {
    operand: '[list|show|retry|delete]',
    options: ['json', 'take-unsent'],
    help: 'what waits in an [[outbox]]; show and delete need an ID, retry may have one',
  },
  refresh: { operand: '[ADDRESS]', options: ['all'], help: 'fetch a new token now' },
  reload: { options: ['json'], help: 'make the daemon read its configuration again' },
  import: { operand: 'ADDRESS', help: "take another program's refresh token from standard input" },
  init: {
    operand: '[office365|app-only|outlook|gmail]',
    options: ['registration'],
    help: 'set up an account: from a few questions to a login at the mail server',
  },
  completion: { operand: 'bash|zsh|fish', help: 'print the completion for a shell' },
  'git-credential': {
    operand: 'get|store|erase',
    options: ['cms-sock', 'any-host'],
    help: 'act as the credential helper of git for mail',
  },
} as const satisfies Record<string, Command>

export type CommandName = keyof typeof commandTable

/** The table as its rows, with the fields that not every command has. */
export const commands = Object.entries(commandTable) as [CommandName, Command][]

/** Whether a word of the command line is a command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commandTable, name)
}
