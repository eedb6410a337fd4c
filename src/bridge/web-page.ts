/** What came is a line of HTTP. */
export class WebPageError extends Error {}

/**
 * True for a line of HTTP. Any web page can have a browser send a request to a port of this machine,
 * with lines of mail in its body: such a connection must end at its first line. A page whose name is
 * made to mean this machine may even choose the method, as `MAIL` (DNS rebinding).
 */
export function isHttp(line: string): boolean {
  return (
    /^(?:GET|POST|PUT|HEAD|OPTIONS|CONNECT|DELETE|PATCH|TRACE|PRI) /.test(line) ||
    / HTTP\/\d(?:\.\d)?$/i.test(line)
  )
}
