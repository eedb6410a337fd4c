/** How many letters of a subject count. */
const longest = 200

/** Days and months, as programs write them. */
const days = /\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\b/g
const months = /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\b/g

/**
 * What subjects have in common that a program writes again and again: numbers, times, addresses of hosts and
 * names in hexadecimal digits count as one. `subject` is decoded.
 */
export function subjectFamily(subject: string): string {
  return (
    subject
      .slice(0, longest)
      .toLowerCase()
      .replaceAll(days, '#')
      .replaceAll(months, '#')
      // Times, and addresses of IPv6 and Ethernet.
      .replaceAll(/[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}/g, '#')
      // A word of letters alone is one of a language, unless it is as long as a part of a checksum.
      .replaceAll(/\b(?:[a-f]{0,40}\d[\da-f]{0,40}|[a-f]{12,})/g, '#')
      .replaceAll(/\d+/g, '#')
      .replaceAll(/#z\b/g, '#')
      .replaceAll(/#(?:[\s.,:/+_t-]{0,3}#)+/g, '#')
  )
}
