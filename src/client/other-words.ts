const start = '"systemctl --user start cms-oauthd" or "cms-oauthd" starts the daemon'
const again = '"cms-oauth reload" has it read the configuration again'
const token = '"cms-oauth --user=ADDRESS" prints a token'

/** What people type who come from another program, or guess: and what it is here. */
const rows: readonly [words: string, hint: string][] = [
  ['token get fetch print get-token access-token credentials password pass', token],
  [
    'auth authorize authenticate authorise signin sign-in log-in add-account',
    'did you mean "login"?',
  ],
  ['signout sign-out log-out forget remove delete rm', 'did you mean "logout ADDRESS"?'],
  ['revoke', 'did you mean "logout ADDRESS --revoke"?'],
  ['list ls accounts account show info whoami state expiry', 'did you mean "status"?'],
  ['test check verify debug diagnose ping send-test', 'did you mean "doctor"?'],
  ['smtp imap pop', 'did you mean "--test-smtp=HOST", "--test-imap=HOST" or "--test-pop=HOST"?'],
  ['renew update force-refresh', 'did you mean "refresh"?'],
  ['config configure setup set-up add new register create edit', 'did you mean "init"?'],
  ['start run daemon serve server up', start],
  ['stop down kill quit exit', '"systemctl --user stop cms-oauthd", or SIGTERM, stops the daemon'],
  ['restart', `"systemctl --user restart cms-oauthd" restarts the daemon; ${again}`],
  ['proxy', 'did you mean "bridge"?'],
  ['mailq queue flush', 'did you mean "outbox"?'],
  ['version', 'did you mean "--version"?'],
]

const hints: ReadonlyMap<string, string> = new Map(
  rows.flatMap(([words, hint]) => words.split(' ').map((word) => [word, hint])),
)

/** What a word of another program is here, as a hint; undefined: it is not known. */
export function hintForOtherWord(word: string): string | undefined {
  return hints.get(word.toLowerCase().replaceAll('_', '-'))
}
