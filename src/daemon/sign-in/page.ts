import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { html, Html } from './html.ts'
import type { Reply } from './loopback-server.ts'
import { pageStyle } from './page-style.ts'

/** What differs from page to page. */
interface PageContent {
  heading: string
  /** Above the heading; none while nothing is decided. */
  mark?: 'good' | 'bad'
  body: Html
  footer: string
}

const style = new Html(`<style>${pageStyle}</style>`)

/** Nothing is loaded, run, framed or sent; the link to the provider is all that leads away. */
function headers() {
  const styleHash = createHash('sha256').update(pageStyle).digest('base64')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': [
      "default-src 'none'",
      `style-src 'sha256-${styleHash}'`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
  }
}

const marks = {
  good: html`<svg class="mark good" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M4 13l5 5L20 6" />
  </svg>`,
  bad: html`<svg class="mark bad" viewBox="0 0 24 24" aria-hidden="true">
    <path d="M12 4v10M12 19.5v.5" />
  </svg>`,
}

/** A page of HTML without scripts and outside resources. */
export function page(status: number, { heading, mark, body, footer }: PageContent): Reply {
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${heading} · cms-oauth</title>
        ${style}
      </head>
      <body>
        <header><strong>cms-oauth</strong> on ${hostname()}</header>
        <main>
          ${mark === undefined ? '' : marks[mark]}
          <h1>${heading}</h1>
          ${body}
        </main>
        <footer>${footer}</footer>
      </body>
    </html> `
  return { status, headers: headers(), body: document.toString() }
}
