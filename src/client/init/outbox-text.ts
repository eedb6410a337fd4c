import type { NewOutbox } from './answers.ts'

/** An [[outbox]] for what a person's own programs, cron jobs and scripts have to say. */
export function outboxText({ user, noticeTo, smtp }: NewOutbox): string {
  const to = JSON.stringify(noticeTo)
  return [
    '# Mail of this machine. Nobody else can be written to.',
    '[[outbox]]',
    `account = ${JSON.stringify(user)}`,
    ...(smtp === undefined ? [] : [`host = ${JSON.stringify(smtp)}`]),
    `aliases = { root = ${to}, "*" = ${to} }`,
    '',
  ].join('\n')
}
