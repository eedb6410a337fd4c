/** A manual page in the macros of man(7). */
import { wrapWords } from '../command-line/option-table.ts'

const width = 66

/** A section's content, in order. */
export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'example'; lines: string[] }
  | { kind: 'item'; term: string; text: string }

/** One section of a page. */
export interface Section {
  title: string
  blocks: Block[]
}

interface Page {
  name: string
  /** 1, 5 or 8. */
  section: number
  version: string
  /** What follows the name in NAME. */
  purpose: string
  sections: Section[]
  seeAlso: string[]
}

/** A paragraph. */
export function text(content: string): Block {
  return { kind: 'text', text: content }
}

/** Lines that stay as they are. */
export function example(...lines: string[]): Block {
  return { kind: 'example', lines }
}

/** A term, and below it what it means. */
export function item(term: string, content: string): Block {
  return { kind: 'item', term, text: content }
}

/** The page's source. Its date is left empty, so that a build gives the same bytes every day. */
export function renderPage({ name, section, version, purpose, sections, seeAlso }: Page): string {
  const title = name.toUpperCase().replaceAll('-', String.raw`\-`)
  const lines = [
    `.TH ${title} ${section} "" "cms\\-oauth ${version}"`,
    '.SH NAME',
    fill(`${name} - ${purpose}`),
    ...sections.flatMap(renderSection),
    '.SH SEE ALSO',
    seeAlso.map((page) => `.BR ${escape(page).replace('(', ' (')}`).join(' ,\n'),
  ]
  return `${lines.join('\n')}\n`
}

function renderSection({ title, blocks }: Section): string[] {
  // The heading begins a paragraph of its own.
  const [first = '', ...rest] = blocks.map(renderBlock)
  return [`.SH ${escape(title)}`, first.replace(/^\.PP\n/, ''), ...rest]
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `.PP\n${fill(block.text)}`
    case 'example':
      return `.PP\n.RS 4\n.nf\n${block.lines.map(escape).join('\n')}\n.fi\n.RE`
    case 'item':
      return `.TP\n.B ${escape(block.term)}\n${fill(block.text)}`
  }
}

function fill(raw: string): string {
  return wrapWords(raw, width).map(escape).join('\n')
}

/** A backslash begins a request anywhere, a dot or an apostrophe at the start of a line. */
function escape(raw: string): string {
  return raw
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll('"', String.raw`\(dq`)
    .replaceAll('~', String.raw`\(ti`)
    .replaceAll('^', String.raw`\(ha`)
    .replace(/^[.']/, String.raw`\&$&`)
}
