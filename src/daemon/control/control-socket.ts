import type { LazyHttpServer } from '../../unix-http/lazy-http-server.ts'
import { DaemonUnreachableError } from '../../errors.ts'
import { type Listener, openListener } from '../socket/listener.ts'
import { type InheritedSocket, matchInheritedSocket } from '../systemd.ts'

/** The control socket, from the moment that it is being opened. */
export class ControlSocket {
  readonly #create: () => LazyHttpServer
  readonly #inherited: readonly InheritedSocket[]
  /** The last one is at the path; of older ones some connections are left. */
  readonly #servers = new Set<LazyHttpServer>()
  #path = ''
  #isClosing = false
  #opening: Promise<Listener> | undefined

  constructor(create: () => LazyHttpServer, inherited: readonly InheritedSocket[]) {
    this.#create = create
    this.#inherited = inherited
  }

  /** Opens it. @throws as openListener */
  async listen(path: string): Promise<void> {
    this.#path = path
    await this.#listen(undefined)
  }

  async #listen(replaces: Listener | undefined): Promise<void> {
    const path = this.#path
    const inheritedFd = matchInheritedSocket(this.#inherited, { path })?.fd
    const server = this.#create()
    this.#servers.add(server)
    server.once('close', () => this.#servers.delete(server))
    this.#opening = openListener(server, {
      path,
      mode: 0o600,
      replaces,
      ...(inheritedFd === undefined ? {} : { inheritedFd }),
    })
    try {
      await this.#opening
    } catch (error) {
      this.#servers.delete(server)
      throw error
    }
  }

  /** The path, where it does not lead to it any more. */
  async lost(): Promise<string[]> {
    const listener = await this.#listener()
    return listener?.hasName() === false ? [this.#path] : []
  }

  /**
   * Opens it again where its path does not lead to it any more.
   * @throws as openListener; DaemonUnreachableError once it is being closed
   */
  async restore(): Promise<void> {
    const before = await this.#listener()
    if (this.#isClosing) throw new DaemonUnreachableError('the daemon is stopping')
    if (before?.hasName() !== false) return
    try {
      await this.#listen(before)
    } catch (error) {
      this.#opening = Promise.resolve(before)
      throw error
    }
    // Whoever is connected goes on, and is not waited for.
    void before.close()
  }

  /** Breaks off whatever is open, and removes the socket's name; for good. */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const server of this.#servers) server.closeAllConnections()
    await (await this.#listener())?.close()
  }

  /** The caller that opened it reports one that was refused. */
  #listener(): Promise<Listener | undefined> {
    return Promise.resolve(this.#opening).catch(() => undefined)
  }
}
