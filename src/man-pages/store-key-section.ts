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
  ],
}
