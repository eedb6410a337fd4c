/** What each request of the control socket takes and answers. */
import type { RouteName } from '../daemon/control/route-names.ts'
import type { AddPasswordBody } from '../messages/bridge-api.ts'
import type { ImportBody, RedirectBody, SignInBody } from '../messages/control-api.ts'

interface RequestText {
  does: string
  /** By name, in the query or the body. */
  takes?: Record<string, string>
  answers: string
}

const signIn: Record<keyof SignInBody, string> = {
  method:
    'body, may be left out: browser, device or paste; without it what "grant" of the account says',
}
const redirect: Record<keyof RedirectBody, string> = {
  url: 'body: the whole address',
}
const importing: Record<keyof ImportBody, string> = {
  refresh_token: 'body: the token',
}

const adding: Record<keyof AddPasswordBody, string> = {
  accounts:
    'body, may be left out: addresses it is good for; without it every account of every bridge',
}

/** In the order of routeNames. */
export const requestTexts: Record<RouteName, RequestText> = {
  'GET /v1/accounts': {
    does: 'Every account with its state: what "cms-oauth status --json" prints, which adds the troubles of GET /v1/bridges as bridge_troubles.',
    answers: 'ACCOUNTS',
  },
  'GET /v1/diagnostics': {
    does: 'What only the daemon can see of itself, of its renewer and of the way to the providers. It asks each provider.',
    takes: { user: 'query, may be left out: one account alone' },
    answers: 'DIAGNOSTICS',
  },
  'POST /v1/accounts/{user}/sign-in': {
    does: 'Opens a sign-in, which takes the place of an older one of the account. Closing the connection cancels it, unless it is by device code or the person has done their part.',
    takes: signIn,
    answers: 'lines of SIGN-IN PROGRESS; the last is completed or failed',
  },
  'POST /v1/accounts/{user}/sign-in/redirect': {
    does: 'Hands the address that a browser elsewhere stopped at to the open sign-in (method paste). One that does not belong to it is refused (request_invalid) and may be followed by another; the outcome of one that does comes as a line of the sign-in.',
    takes: redirect,
    answers: '{}',
  },
  'PUT /v1/accounts/{user}/grant': {
    does: "Takes another program's refresh token, tries it once, and seals what comes back.",
    takes: importing,
    answers: '{}',
  },
  'DELETE /v1/accounts/{user}/grant': {
    does: 'Forgets the sign-in.',
    takes: {
      revoke: 'query, may be left out: true revokes it at the provider too; false is the default',
    },
    answers: 'FORGOTTEN',
  },
  'POST /v1/accounts/{user}/refresh': {
    does: 'Fetches a new token now.',
    answers: '{}, when the token is there',
  },
  'GET /v1/bridges': {
    does: 'Where the bridges listen, who is connected, and what went wrong there in the last hour.',
    answers: 'BRIDGES',
  },
  'POST /v1/bridge/trial-password': {
    does: 'Makes a password to try bridges with. It is good for every account for one minute, and kept in memory alone; the log calls it "cms-oauth doctor".',
    answers: 'ADDED PASSWORD',
  },
  'GET /v1/bridge/certificate': {
    does: 'The self-made certificate of the bridges, for the trust of mail programs.',
    answers: 'CERTIFICATE',
  },
  'GET /v1/bridge/passwords': {
    does: 'The passwords that mail programs have for the bridges, without the passwords themselves.',
    answers: 'PASSWORDS',
  },
  'PUT /v1/bridge/passwords/{name}': {
    does: 'Makes a password with this name, which must be new.',
    takes: adding,
    answers: 'ADDED PASSWORD',
  },
  'DELETE /v1/bridge/passwords/{name}': {
    does: 'Forgets a password.',
    answers: '{}',
  },
  'POST /v1/reload': {
    does: 'Reads the configuration again; a bad one changes nothing.',
    answers: 'RELOADED',
  },
  'GET /v1/events': {
    does: 'What happens from now on, until the client closes the connection.',
    answers: 'lines of EVENT',
  },
  'GET /metrics': {
    does: 'Figures for Prometheus and what understands its formats. Nothing is started or fetched for it.',
    takes: { Accept: 'header, may be left out: text/plain for the text format 0.0.4' },
    answers: 'METRICS, as OpenMetrics 1.0',
  },
}
