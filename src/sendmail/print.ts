/**
 * A stream whose reader may be gone: that is not an error, since the message counts. To be asked for only
 * when there is something to say: each stream takes a fiftieth of the time in which this program starts.
 */
export function speaking(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return stream.listenerCount('error') > 0 ? stream : stream.on('error', () => undefined)
}

/** Writes to standard output. */
export function print(text: string): void {
  speaking(process.stdout).write(text)
}
