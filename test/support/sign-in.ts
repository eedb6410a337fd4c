import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ControlClient } from '../../src/client/control-client.ts'
import type { SignInProgress } from '../../src/messages/control-api.ts'
import { walkSignIn } from './walk-sign-in.ts'

/** Signs an account in over the control socket as a person with a browser would; resolves with the last line. */
export async function signInThroughPage(
  control: ControlClient,
  user: string,
  choice: Parameters<typeof walkSignIn>[1],
): Promise<SignInProgress> {
  let last: SignInProgress | undefined
  let walked: Promise<string> | undefined
  for await (const progress of control.signIn(user, { method: 'browser' })) {
    last = progress
    if (progress.event === 'url') walked = walkPage(progress.url, choice)
  }
  await walked
  if (last === undefined) throw new Error('the sign-in closed without a word')
  return last
}

/** From the daemon's page through the provider's to the outcome, whose HTML it returns. */
export async function walkPage(
  url: string,
  choice: Parameters<typeof walkSignIn>[1],
): Promise<string> {
  const html = await fetchPage(url)
  const link = /<a\b[^>]*\bhref="(https:[^"]+)"/.exec(html)?.[1]
  if (link === undefined) throw new Error('the page leads nowhere')
  return walkSignIn(unescape(link), choice)
}

function fetchPage(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, (response) => {
      text(response).then(resolve, reject)
    }).on('error', reject)
  })
}

function unescape(html: string): string {
  return html
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll('&amp;', '&')
}
