import { get } from 'node:http'
import { Agent, request } from 'node:https'

interface Page {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

interface WalkOptions {
  /** The test server's authority, PEM. */
  ca: string
  decision?: 'allow' | 'deny'
  /** The account to choose, where it is not the hinted one. */
  user?: string
  /** True for a browser on another machine: it cannot open the redirect URI, which is returned. */
  isElsewhere?: boolean
}

/**
 * Signs in at the test server as a browser would, from the URL of the authorization request to the
 * page that the loopback redirect ends on, whose text it returns.
 */
export async function walkSignIn(start: string, options: WalkOptions): Promise<string> {
  const { decision = 'allow', user, isElsewhere = false } = options
  const agent = new Agent({ ca: options.ca })
  const cookies = new Map<string, string>()
  let url = start
  let form: URLSearchParams | undefined
  for (let step = 0; step < 20; step++) {
    if (isElsewhere && new URL(url).host !== new URL(start).host) return url
    const page: Page = url.startsWith('https:')
      ? await fetchSecure(url, { agent, cookies, form })
      : await fetchPlain(url)
    form = undefined
    const location = page.headers['location']
    if (typeof location === 'string') {
      url = new URL(location, url).href
    } else if (url.startsWith('http:')) {
      return page.body
    } else if (page.status === 200) {
      const shown = /name="user" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
      form = new URLSearchParams({ user: user ?? shown, decision })
    } else {
      throw new Error(`the test server answered ${page.status} at ${new URL(url).pathname}`)
    }
  }
  throw new Error('the sign-in at the test server does not end')
}

function fetchSecure(
  url: string,
  {
    agent,
    cookies,
    form,
  }: { agent: Agent; cookies: Map<string, string>; form: URLSearchParams | undefined },
): Promise<Page> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = {
      cookie: Array.from(cookies, (pair) => pair.join('=')).join('; '),
    }
    if (form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded'
    const method = form === undefined ? 'GET' : 'POST'
    const sent = request(url, { method, agent, headers }, (response) => {
      for (const cookie of response.headers['set-cookie'] ?? []) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      collect(response, resolve, reject)
    })
    sent.on('error', reject)
    sent.end(form?.toString())
  })
}

function fetchPlain(url: string): Promise<Page> {
  return new Promise((resolve, reject) => {
    get(url, (response) => collect(response, resolve, reject)).on('error', reject)
  })
}

function collect(
  response: import('node:http').IncomingMessage,
  resolve: (page: Page) => void,
  reject: (error: Error) => void,
): void {
  let body = ''
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => (body += chunk))
  response.on('error', reject)
  response.on('end', () =>
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
  )
}
