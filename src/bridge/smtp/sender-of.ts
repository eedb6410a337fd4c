/** The address in `MAIL FROM:<address> ...` (RFC 5321 section 4.1.1.2), empty for `<>`; undefined: none. */
export function senderOf(line: string): string | undefined {
  return /^MAIL[ \t]+FROM:[ \t]*<?((?:[^\s<>"]|"(?:[^"\\]|\\.)*")*)>?(?:[ \t]|$)/i.exec(line)?.[1]
}
