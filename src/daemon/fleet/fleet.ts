import { followerConfinement } from '../../child-process/confinements.ts'
import { confinedEnvironment, networkEnvironment } from '../../child-process/environment.ts'
import { signInOwners } from '../../accounts/accounts.ts'
import type { EtcdStoreConfiguration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { SharedStoreStatus } from '../../messages/shared-store.ts'
import type { BrokerParts } from '../broker/broker-parts.ts'
import type { RenewerHandle } from '../processes/renewer-handle.ts'
import { FollowerChild } from './follower-child.ts'
import { SharedTokens } from './shared-tokens.ts'
import { sharedStoreStatus } from './shared-store-status.ts'

interface FleetOptions {
  store: EtcdStoreConfiguration
  parts: Pick<BrokerParts, 'inForce' | 'keeper' | 'grants' | 'stored'>
  renewer: Pick<RenewerHandle, 'run'>
  /** The follower's program file. */
  followerPath: string
  log: Log
}

/**
 * What a host does that shares its store with others: it runs the follower, and passes its news on to the
 * tokens.
 */
export class Fleet {
  readonly #options: FleetOptions
  readonly #tokens: SharedTokens
  readonly #follower: FollowerChild

  /** Starts the follower at once. */
  constructor(options: FleetOptions) {
    this.#options = options
    const { store, parts, renewer, followerPath: modulePath, log } = options
    const { inForce } = parts
    this.#tokens = new SharedTokens({
      ...parts,
      log,
      role: store.role,
      accounts: () => inForce.accounts.all(),
      readStore: () =>
        renewer.run('open-store', { accounts: signInOwners(inForce.accounts.all()) }),
      readSome: async (accounts) => {
        const wanted = { accounts: signInOwners(accounts), areOthersWanted: false }
        return (await renewer.run('open-store', wanted)).records
      },
    })
    this.#tokens.start()
    this.#follower = new FollowerChild({
      modulePath,
      env: this.#environment(),
      log,
      store,
      users: () => Array.from(inForce.accounts.all(), ({ user }) => user),
      onNews: (news) => this.#tokens.receive(news),
      onLost: () => this.#tokens.noteLost(),
    })
  }

  /** The accounts are others by now. */
  follow(): void {
    this.#tokens.await()
    this.#follower.follow()
  }

  /** What the control socket says of the store. */
  status(): SharedStoreStatus {
    return sharedStoreStatus(this.#options.store, this.#tokens.engine)
  }

  /** Ends the follower. */
  close(): Promise<void> {
    this.#tokens.stop()
    return this.#follower.close()
  }

  #environment(): NodeJS.ProcessEnv {
    const env = networkEnvironment(process.env)
    const confinement = followerConfinement(this.#options.store, env)
    return confinement === undefined ? env : confinedEnvironment(env, confinement)
  }
}
