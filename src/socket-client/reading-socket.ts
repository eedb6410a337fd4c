import { Socket } from 'node:net'

type Done = (error?: Error | null) => void

/**
 * A socket that is still read where it can be written no more. Node's own destroys itself then, with what has come and
 * was not read: the reason why the other side has closed it.
 */
export class ReadingSocket extends Socket {
  /** Why it could not be written. */
  refused: NodeJS.ErrnoException | undefined

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    super._write(chunk, encoding, this.#after(done))
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    super._writev?.(chunks, this.#after(done))
  }

  #after(done: Done): Done {
    return (error) => {
      this.refused ??= error ?? undefined
      done()
    }
  }
}
