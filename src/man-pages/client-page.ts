import { commandExamples } from '../client/command-examples.ts'
import { commands } from '../client/command-table.ts'
import { environmentVariables } from '../client/environment-variables.ts'
import { exitMeanings } from '../client/exit-status.ts'
import { commandSynopsis, synopses } from '../client/help.ts'
import { optionTable } from '../client/options.ts'
import { type Option, writtenOption } from '../command-line/option-table.ts'
import { version } from '../package/version.ts'
import { outputFormats } from '../sasl/output-format.ts'
import { signingInSection, troubleSection } from './client-sections.ts'
import { formatMeanings } from './output-formats.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

const user = 'user@domain.com'

/** The source of cms-oauth(1). */
export function clientPage(): string {
  return renderPage({
    name: 'cms-oauth',
    section: 1,
    version,
    purpose: 'fetch OAuth access tokens for mail, and manage the broker that keeps them',
    sections: [
      {
        title: 'SYNOPSIS',
        blocks: [...synopses, 'cms-oauth COMMAND'].map((line) => example(line)),
      },
      { title: 'DESCRIPTION', blocks: description() },
      { title: 'COMMANDS', blocks: commandItems() },
      { title: 'OPTIONS', blocks: optionItems() },
      {
        title: 'OUTPUT FORMATS',
        blocks: outputFormats.map((name) => item(name, formatMeanings[name])),
      },
      signingInSection,
      troubleSection,
      { title: 'EXIT STATUS', blocks: exitStatuses() },
      { title: 'ENVIRONMENT', blocks: environment() },
      { title: 'EXAMPLES', blocks: examples() },
    ],
    seeAlso: ['cms-oauth.toml(5)', 'cms-oauth-socket(7)', 'cms-oauthd(8)', 'msmtp(1)', 'exim4(8)'],
  })
}

function description(): Block[] {
  return [
    text(
      'With options only, it prints a credential for a mail program, or tries a login at a mail server. With a command, it manages cms-oauthd.',
    ),
    text(
      'When it fails, nothing is printed on standard output; standard error has one line with what is wrong and one with what to do.',
    ),
  ]
}

function commandItems(): Block[] {
  return [
    text('"cms-oauth COMMAND --help" shows the options of one.'),
    ...commands.flatMap(([name, command]) => [
      item(commandSynopsis(name, command).replace('cms-oauth ', ''), command.help),
      example(...commandExamples[name]),
    ]),
  ]
}

function optionItems(): Block[] {
  return [
    text('In names, "_" and "-" are the same.'),
    ...Object.entries<Option>(optionTable).map(([name, option]) =>
      item(writtenOption(name, option), option.help),
    ),
  ]
}

function exitStatuses(): Block[] {
  return [
    ...Object.entries(exitMeanings).map(([status, meaning]) => item(status, meaning)),
    text('"status --json" alone exits with 0 fine, 1 warning, 2 somebody must act, 3 no daemon.'),
  ]
}

function environment(): Block[] {
  return Object.entries(environmentVariables).map(([names, meaning]) => item(names, meaning))
}

function examples(): Block[] {
  return [
    text('Sign in, then test it:'),
    example(`cms-oauth login ${user}`, `cms-oauth --user=${user} --test-smtp=smtp.office365.com`),
    text('In the configuration of msmtp:'),
    example(`passwordeval cms-oauth --user=${user} --output=token`),
    text('Without any client, ten times faster:'),
    example(
      `printf 'SMTP,token ${user}' |`,
      '    nc -UN "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/cms-oauth/cms.sock"',
    ),
    text('Completion, in ~/.bashrc:'),
    example('eval "$(cms-oauth completion bash)"'),
  ]
}
