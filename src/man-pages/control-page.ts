import { httpStatus } from '../unix-http/http-status.ts'
import { routeNames } from '../daemon/control/route-names.ts'
import { metricTable } from '../daemon/metrics/metric-table.ts'
import type { ErrorCode } from '../errors.ts'
import { version } from '../package/version.ts'
import { objects, progressMeanings, stateMeanings } from './control-objects.ts'
import { requestTexts } from './control-requests.ts'
import { items } from './daemon-sections.ts'
import { errorMeanings } from './error-meanings.ts'
import { type Block, example, item, renderPage, text } from './roff.ts'

const path = '"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/cms-oauth/control.sock"'

/** Lines to copy: where the socket is, then what to ask. */
export const controlExamples = [
  `sock=${path}`,
  'curl --unix-socket "$sock" http://localhost/v1/accounts',
  'curl -N --unix-socket "$sock" http://localhost/v1/events',
  'curl --unix-socket "$sock" http://localhost/metrics',
  'curl --unix-socket "$sock" -X POST \\\n    http://localhost/v1/accounts/user%40domain.com/refresh',
] as const

/** The source of cms-oauth-control(7). */
export function controlPage(): string {
  return renderPage({
    name: 'cms-oauth-control',
    section: 7,
    version,
    purpose: 'how programs manage cms-oauthd',
    sections: [
      { title: 'DESCRIPTION', blocks: description() },
      { title: 'REQUESTS', blocks: requests() },
      ...Object.entries(objects).map(([title, fields]) => ({
        title,
        blocks: title === 'SIGN-IN PROGRESS' ? progress(fields) : items(fields),
      })),
      { title: 'METRICS', blocks: metrics() },
      { title: 'STATES', blocks: items(stateMeanings) },
      { title: 'ERRORS', blocks: errors() },
      { title: 'LIMITS', blocks: limits() },
      {
        title: 'EXAMPLES',
        blocks: [example(...controlExamples.flatMap((line) => line.split('\n')))],
      },
    ],
    seeAlso: [
      'cms-oauth(1)',
      'cms-oauth-socket(7)',
      'cms-oauth-outbox(7)',
      'cms-oauthd(8)',
      'curl(1)',
    ],
  })
}

function description(): Block[] {
  return [
    text(
      'The control socket is a UNIX socket that speaks HTTP/1.1 with JSON. Its mode is 0600: it is for the user that cms-oauthd runs as, and for root. Its path is [control] path, else $CMS_OAUTH_CONTROL, else cms-oauth/control.sock in $XDG_RUNTIME_DIR or /run/user/UID; with the system units /run/cms-oauthd/control.sock. cms-oauth(1) does all its management here.',
    ),
    text(
      'In a path, {user} is the address of an account, percent-encoded ("@" is %40). An answer is one object (application/json), or lines of one object each as things happen (application/x-ndjson). Times are as in RFC 3339. Fields may be added: ignore what you do not know. A refresh token never leaves over this socket; the request "PUT ... grant" carries one in.',
    ),
  ]
}

function requests(): Block[] {
  return routeNames.flatMap((name) => {
    const { does, takes = {}, answers } = requestTexts[name]
    const parameters = Object.entries(takes).map(([field, meaning]) => `${field} (${meaning})`)
    const taken = parameters.length === 0 ? '' : ` Takes ${parameters.join(', ')}.`
    return [item(name, `${does}${taken} Answers ${answers}.`)]
  })
}

function progress(fields: Record<string, string>): Block[] {
  return [...items(fields), text('The lines:'), ...items(progressMeanings)]
}

function metrics(): Block[] {
  return [
    text(
      'An account is called by the first 12 characters of the SHA-256 of its address (printf %s ADDRESS | sha256sum), unless [metrics] has labels = "address". All that is called a time is Unix time: "time() - X" or "X - time()" in an expression tells how long ago it was, or how long it is until then, even where the figures are old. Counters begin at the start of the daemon. Prometheus itself does not read UNIX sockets: [metrics] textfile, in cms-oauth.toml(5), is the way there.',
    ),
    ...Object.entries(metricTable).map(([name, { type, labels, help }]) => {
      const of = labels.length === 0 ? '' : ` by ${labels.join(' and ')}`
      return item(name, `${help} (${type}${of})`)
    }),
  ]
}

function errors(): Block[] {
  const codes = Object.entries(httpStatus) as [ErrorCode, number][]
  return [
    text(
      'An answer of status 400 or above is an ERROR. In a stream of lines it is the last one, with event "failed" and the ERROR in error. The codes, with their HTTP status:',
    ),
    ...codes.map(([code, status]) => item(code, `${errorMeanings[code]} (${status})`)),
  ]
}

function limits(): Block[] {
  return [
    item('the head of a request', '8 KiB, 10 seconds'),
    item('a body', '64 KiB; a value 16384 characters; unknown fields are refused'),
    item('lines that nobody reads', '1 MiB, then the connection is closed'),
  ]
}
