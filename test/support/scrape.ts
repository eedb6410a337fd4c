import { type IncomingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

/** Asks a control socket for the figures of its daemon. */
export function scrape(
  socketPath: string,
  accept?: string,
): Promise<{ headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = accept === undefined ? {} : { accept }
    request({ socketPath, path: '/metrics', headers }, (response) => {
      text(response).then((body) => resolve({ headers: response.headers, body }), reject)
    })
      .once('error', reject)
      .end()
  })
}

/** Resolves once there is such a line among them. */
export async function scraped(socketPath: string, line: RegExp): Promise<void> {
  while (!line.test((await scrape(socketPath)).body)) await delay(20)
}
