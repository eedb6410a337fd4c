/**
 * A stream to write to that may be closed: who has closed it needs no more of it, and the message counts. To be
 * asked for at the first word, since each takes a fiftieth of the time in which this program starts.
 */
export function speaking(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.listenerCount('error') > 0 ? stream : stream.on('error', () => undefined)
}

/** Writes to standard output. */
export function print(text: string): void {
  speaking(process.stdout).write(text)
}
