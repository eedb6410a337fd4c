import type { LazyHttpServer } from '../../unix-http/lazy-http-server.ts'
import { type Listener, openListener } from '../socket/listener.ts'
import { type InheritedSocket, matchInheritedSocket } from '../systemd.ts'

/** The control socket, from the moment that it is being opened. */
export class ControlSocket {
  readonly #server: LazyHttpServer
  readonly #inherited: readonly InheritedSocket[]
  #listener: Promise<Listener> | undefined

  constructor(server: LazyHttpServer, inherited: readonly InheritedSocket[]) {
    this.#server = server
    this.#inherited = inherited
  }

  /** Opens it. @throws as openListener */
  async listen(path: string): Promise<void> {
    const inheritedFd = matchInheritedSocket(this.#inherited, { path })?.fd
    this.#listener = openListener(this.#server, {
      path,
      mode: 0o600,
      ...(inheritedFd === undefined ? {} : { inheritedFd }),
    })
    await this.#listener
  }

  /** Breaks off whatever is open, and removes the socket's name. */
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    // The caller that opened it reports one that was refused.
    const listener = await this.#listener?.catch(() => undefined)
    await listener?.close()
  }
}
