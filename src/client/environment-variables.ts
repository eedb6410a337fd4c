/** The environment variables that the client reads, for help and manual. */
export const environmentVariables = {
  CMS_SOCK: 'the token socket',
  CMS_OAUTH_CONTROL: 'the control socket',
  XDG_RUNTIME_DIR: 'its directory cms-oauth has both where nothing names them',
  CMS_OAUTH_CONFIG: 'the configuration that "init" writes and "doctor" reads',
  'XDG_CONFIG_HOME, HOME': 'where the configuration is where nothing names it',
  NODE_EXTRA_CA_CERTS: 'a file of additional certificate authorities that the login tests trust',
  'NO_COLOR, TERM': 'no colours with NO_COLOR or TERM=dumb',
  'LC_ALL, LC_CTYPE, LANG': '"login --device" draws a QR code where they say UTF-8',
  SSH_CONNECTION: 'where it is set, "login" opens no browser and shows the "ssh -L" command',
  PATH: '"init" writes the path of cms-oauth into files where it is not in it',
  'DISPLAY, WAYLAND_DISPLAY': 'where one is set, "login" opens the page with xdg-open',
} as const
