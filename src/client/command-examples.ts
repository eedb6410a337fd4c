import type { CommandName } from './command-table.ts'

/** Lines to copy for each command, in its help and in the manual page. */
export const commandExamples: Record<CommandName, readonly string[]> = {
  login: [
    'cms-oauth login                              # the account that needs it',
    'cms-oauth login --all                        # whoever needs it, one after the other',
    'cms-oauth login user@domain.com --paste      # over ssh: paste the last address of the browser',
  ],
  logout: ['cms-oauth logout user@domain.com', 'cms-oauth logout user@domain.com --revoke'],
  status: ['cms-oauth status', 'cms-oauth status user@domain.com', 'cms-oauth status --watch'],
  doctor: ['cms-oauth doctor', 'cms-oauth doctor user@domain.com --test-smtp=smtp.office365.com'],
  bridge: [
    'cms-oauth bridge add-password printer',
    'cms-oauth bridge add-password cron --account=user@domain.com > ~/.cron-password',
    'cms-oauth bridge certificate > bridge.pem',
  ],
  sendmail: [
    'cms-oauth sendmail --install /usr/local/sbin    # as sendmail, mailq and newaliases',
    'echo test | cms-oauth sendmail -v root',
  ],
  outbox: ['cms-oauth outbox', 'cms-oauth outbox retry', 'cms-oauth outbox --take-unsent'],
  refresh: ['cms-oauth refresh user@domain.com', 'cms-oauth refresh --all'],
  reload: ['cms-oauth reload', 'cms-oauth reload --json'],
  import: ['gpg --decrypt token.gpg | cms-oauth import user@domain.com'],
  init: [
    'cms-oauth init',
    'cms-oauth init --registration office365 | less    # then "| sh", with the Azure CLI',
    'cms-oauth init --registration gmail',
  ],
  completion: ['eval "$(cms-oauth completion bash)"    # in ~/.bashrc'],
  'git-credential': [
    "git config --global credential.smtp://smtp.office365.com:587.helper '!cms-oauth git-credential'",
  ],
}
