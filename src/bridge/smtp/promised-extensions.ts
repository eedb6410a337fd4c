/**
 * What a client may be promised before it is logged in. BDAT is not among them: after a refused MAIL, the
 * content of a pipelined BDAT would be read as commands.
 */
const mirrored = ['SIZE', '8BITMIME', 'SMTPUTF8', 'DSN', 'PIPELINING', 'ENHANCEDSTATUSCODES']

/** Where the mail server could not be asked. */
export const safeExtensions: readonly string[] = ['8BITMIME', 'PIPELINING', 'ENHANCEDSTATUSCODES']

/** Those of a mail server's answer to EHLO, without its first line, that may be promised. */
export function promisedExtensions(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.trim().toUpperCase())
    .filter(
      (line) => /^[\x20-\x7e]{1,64}$/.test(line) && mirrored.includes(line.split(' ')[0] ?? ''),
    )
}
