/** What the daemon reads of its environment, for help text and manual. */
export const environmentVariables = {
  CMS_OAUTH_CONFIG: 'the configuration, where --config names none',
  CMS_OAUTH_CONTROL: 'the control socket, where [control] path names none',
  'XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR':
    'where the configuration and the key, the sign-ins, and the sockets are',
  'STATE_DIRECTORY, RUNTIME_DIRECTORY, CREDENTIALS_DIRECTORY':
    'set by systemd: the store, the directory of the control socket, and secrets',
  'LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES': 'set by systemd: the sockets that it hands over',
  'NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, JOURNAL_STREAM':
    'set by systemd: where it is told of start, stop and life, and how log lines look',
  'HTTPS_PROXY, ALL_PROXY, NO_PROXY':
    'the proxy to the providers, also in lower case, read as curl reads them',
  NODE_EXTRA_CA_CERTS: 'a file of additional certificate authorities to trust providers by',
  'NO_COLOR, TERM': 'no colours in the log on a terminal with NO_COLOR',
  PATH: 'where the programs of the configuration are looked for',
} as const
