import { example, item, type Section, text } from './roff.ts'

const keyring = '~/.local/state/cms-oauth'
const file = '~/.config/cms-oauth/store.key'
const attributes = `application cms-oauth store ${keyring}`

/** The commands that move the key from the file into the keyring, and back. */
export const keyMoves = {
  intoKeyring: `secret-tool store --label=cms-oauth ${attributes} < ${file}`,
  intoFile: `(umask 077; secret-tool lookup ${attributes} > ${file})`,
} as const

/** Where the store's key is, and how it moves. */
export const storeKeySection: Section = {
  title: "THE STORE'S KEY",
  blocks: [
    text(
      'Sign-ins are sealed on disk with a key of 32 bytes. Without it they are worthless: back up both or neither. No key is made beside existing records. The key of [store] says where it is:',
    ),
    item('file', 'in key_file; cms-oauthd makes it at its first start'),
    item(
      'keyring',
      'in the keyring of your desktop session, which is asked by secret-tool (libsecret); cms-oauthd makes it',
    ),
    item(
      'credential',
      'in the credential of systemd that key_credential names, store-key if nothing is said; you make it',
    ),
    item('command', 'in what key_command prints within 20 seconds; you make it'),
    text('To make one:'),
    example('openssl rand -hex 32'),
    text(
      'With "keyring" the key is encrypted with the password of your log-in: a copy of your home or its backup opens nothing without that. It does not keep out the programs of your session, which can ask an open keyring as they can read a file. It is for a daemon of your own (user units), needs libsecret-tools or its like, and is tested with gnome-keyring. The daemon asks at its start and at each refresh, and opens no dialog: a locked keyring is waited for ten seconds, then the start fails with status 75, which systemd repeats, and a refresh is tried again later; tokens are served meanwhile until they expire. Only the first start, which puts the key there, may make the keyring ask for its password.',
    ),
    text('The key can move, and no sign-in is lost. Into the keyring:'),
    example(keyMoves.intoKeyring),
    text(
      `Then set key = "keyring", restart the daemon, and remove the file when "cms-oauth doctor" finds the sign-ins. The last word before "<" is the store's directory, as "doctor" names it; where it is wrong, the daemon says the right command, and has changed nothing. Back to the file, with key = "file" and a restart afterwards:`,
    ),
    example(keyMoves.intoFile),
    text(
      'To seal the store with another key, stop cms-oauthd, copy the configuration, name the new key in the copy, and run:',
    ),
    example('cms-oauthd --rekey config.toml new-config.toml'),
    text(
      'Then start cms-oauthd with the copy. A new key in a file or the keyring is made if it is not there. It may be interrupted: each sign-in opens with one of the two keys, and the next run goes on. A sign-in that neither key opens is named and left alone (status 78). Keep the old key as long as you keep backups of the store. It does not help where sign-ins were copied together with their key: sign in again then, after "cms-oauth logout --revoke".',
    ),
    text(
      'With kind = "etcd" the second file may name another token_key_* too. Stop the hosts first, for more than a minute: a sign-in that a host is working on, or may have refreshed before it died, is named, and nothing is changed (status 75). The store belongs to the new keys once all is sealed with them; a host with an old key is then refused. Run the same command on each other host with role = "renew" before it is started: what waits there for the etcd is sealed again too.',
    ),
  ],
}
