import { describedSections } from '../configuration-file/describe.ts'
import { version } from '../package/version.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'
import { storeKeySection } from './store-key-section.ts'

/** What holds for a section as a whole. */
const introductions: Record<string, readonly string[]> = {
  '[[bridge]]': [
    'A submission, IMAP or POP server for programs that know only passwords. It lets a caller in, logs in at the mail server with the token of the account over verified TLS, and passes everything on unchanged from then on. It keeps no mail and rewrites nothing. Programs may use PLAIN, LOGIN or SCRAM-SHA-256.',
    '"cms-oauth bridge add-password NAME" makes a password; the user name is an address of "accounts" or one of "users", in any case of letters. With "peer" in "caller" a program needs no password where the kernel says that its user is in "allow"; root only if it is listed, or is the user of cms-oauthd. By SMTP it sends MAIL without logging in. By IMAP it is greeted with PREAUTH, unless "caller" has "password" too; then, and by POP, it logs in with any password.',
    'With "tls" a bridge shows programs a certificate. Without certificate_file that is a self-made one, in the state directory, which all such bridges share: for localhost, 127.0.0.1, ::1 and the addresses of "listen"; with 0.0.0.0 or [::] for those that the machine has when it is made. It is valid for 825 days and stays the same until a month before that, or until an address of "listen" is not in it: then a new one is made, with a warning, and programs that trust the old one need it from "cms-oauth bridge certificate". Removing bridge-certificate.pem and a reload make a new one too. The files of certificate_file and key_file are read again at each reload and twice a day; connections go on with what they began with. TLS is 1.2 or later.',
    'Other machines connect where "listen" has an address that they reach: only those in "networks", which are private; any other connection is closed before the greeting, and its address is logged once. With "network" in "caller" they need no password: such a device sends MAIL without logging in, as "account" or, with account_by_sender, as the sender says. Whoever is in the network can then send as that account; a program of this machine cannot, and needs "peer" or a password.',
    'Where the password is right and the mail server, the provider or the sign-in is not, the answer of SMTP is 454, and 451 to MAIL, with what to do: a queue keeps the mail. IMAP and POP say [UNAVAILABLE] or [SYS/TEMP] where the server or the provider is away, [CONTACTADMIN] or [SYS/PERM] where somebody must act, [LIMIT] or [IN-USE] where all connections are in use. A line bridge.login in the log says who it was, bridge.closed how many bytes went through, bridge.refused and bridge.stray why there was none, and at level debug bridge.left that the program did not try to log in. Where the mail server does not accept a token that has not expired, as one that was revoked, another one is fetched and the login is tried once more (token.not_accepted): once in five minutes, and once an hour while each new one is refused too.',
  ],
  '[[socket]]': [
    'Who gets a token: the owner, group and mode of the socket say who may open it, and "allow" who of them is answered. No other user may be able to write the directories above a socket, unless they are sticky as /tmp is. A socket that systemd passes is found by "path" or "name"; its owner, group and mode are those of the .socket unit.',
    'With reply = "socketmap" Postfix and sendmail ask it by their own maps: SOCKETMAP in cms-oauth-socket(7).',
  ],
  '[store]': [
    'Hosts that need tokens of the same accounts, as several relays do, share them in an etcd (3.4 or 3.5) with kind = "etcd". One sign-in serves them all: whichever host is due first gets the next token, and the others have it within a second. Each host with role = "renew" can sign in, refresh and sign out; have two of them at least. A host with role = "serve" only hands out what they got, and can open no sign-in.',
    'Sign-ins are sealed with the key of "key", shared access tokens with that of token_key_*, which every host has: 32 bytes, the same on all, never made by cms-oauthd. Hosts with the same "prefix" must have the same keys, and an [[account]] on each host that is to serve it. Only those that serve need no right to read PREFIX/grant/.',
    'Connections are made by TLS to the JSON gateway, whichever endpoint answers. The gateway refuses every client certificate with a CommonName: the host is known by "user" and its password. The nodes need --auto-compaction-retention, else their quota is full within hours. While no etcd answers, tokens are served until they expire, which leaves a third of their life at least; nothing is refreshed, and sign-ins are refused with status 75.',
    'To move sign-ins from files to etcd or back, stop cms-oauthd and run "cms-oauthd --store-copy FROM.toml TO.toml" with two files that have both [store] sections. Nothing is removed: run daemons on one of the two stores from then on, since a refresh token that is used twice may end the sign-in.',
    'A change of [store] needs a restart. "cms-oauth status" and "cms-oauth doctor" say how the etcd is.',
  ],
  '[metrics]': [
    'The figures of GET /metrics on the control socket, which cms-oauth-control(7) lists, in a file for the textfile collector of node_exporter. The directory must exist, and cms-oauthd must be able to write it: "setfacl -m u:cms-oauth:rwx /var/lib/prometheus/node-exporter" does that for the directory of Debian; the system unit needs ReadWritePaths= with it too. One daemon of a machine writes such a file: two would give the same metric twice, and node_exporter would then refuse both.',
    'The file is left there when the daemon stops: node_textfile_mtime_seconds of node_exporter tells how old it is. A reload without "textfile" removes it. What cannot be written is logged (metrics.file_failed), and tried again every 15 s. The examples of the package (examples/monitoring) have alerting rules for Prometheus and a dashboard for Grafana.',
  ],
  '[[token_file]]': [
    'For programs that can only read files, such as Postfix with the plugin sasl-xoauth2. The file holds the token that a socket would serve at the moment, and is not there when there is none. It is replaced as a whole at each new token, with owner and mode set before its name appears, and removed at a logout, at a reload without it, and when its token expires before another has come. A restart of the daemon leaves it alone. What cannot be written is logged, shown by "cms-oauth status", and tried again.',
    'Its directory must exist, on a disk of this machine, and no other user may be able to write it or a directory above it, unless they are sticky.',
  ],
}

const secrets = [
  "A file with a secret (client_secret_file, client_key_file, service_account_file) must belong to root or to the daemon's user and be closed to others, else it is refused with the chmod that helps. With the system units: owner root, group cms-oauth, mode 0640.",
  'client_secret_command runs a program. Under systemd a credential is best, since it is never readable on disk: client_secret_credential, client_key_credential and service_account_credential name one of $CREDENTIALS_DIRECTORY.',
  'Secrets, keys and certificates are read at each use: replace the file, and the next token is fetched with the new one.',
]

/** The source of cms-oauth.toml(5). */
export function configurationPage(): string {
  return renderPage({
    name: 'cms-oauth.toml',
    section: 5,
    version,
    purpose: 'configuration of cms-oauthd',
    sections: [
      {
        title: 'DESCRIPTION',
        blocks: [
          text(
            'A TOML file: the one that --config names, else the first of $CMS_OAUTH_CONFIG, $XDG_CONFIG_HOME/cms-oauth/config.toml and /etc/cms-oauth/config.toml. It must be owned by root or the daemon, not writable by others, and not readable by others where it holds a client_secret. A file of root may be readable for its group (root:cms-oauth, mode 0640); the same holds for every file with a secret or a key in it. An unknown key is an error.',
          ),
          text(
            'Durations are numbers with ms, s, m, h or d. "~" is the home of the daemon\'s user. "cms-oauthd --check" says whether the file is good. "cms-oauth reload" or SIGHUP applies a changed file, and tries accounts that were misconfigured again; a bad file changes nothing.',
          ),
          text(
            'The examples of the package (examples/accounts) have a commented file for each kind of account.',
          ),
        ],
      },
      ...describedSections().map(({ header, keys }) => ({
        title: header,
        blocks: [
          ...(introductions[header] ?? []).map(text),
          ...keys.map(({ name, text: meaning }) => item(name, meaning)),
        ],
      })),
      { title: 'SECRETS', blocks: secrets.map(text) },
      storeKeySection,
      { title: 'EXAMPLE', blocks: [office365AndExim()] },
    ],
    seeAlso: ['cms-oauth(1)', 'cms-oauthd(8)'],
  })
}

function office365AndExim(): Block {
  return example(
    '[[account]]',
    'user = "user@domain.com"',
    'provider = "office365"',
    'client_id = "00000000-0000-0000-0000-000000000000"',
    '',
    '# exim does the base64 itself, and runs as Debian-exim.',
    '[[socket]]',
    'path = "/run/cms-oauth/exim.sock"',
    'mode = "0660"',
    'group = "Debian-exim"',
    'reply = "xoauth2"',
  )
}
