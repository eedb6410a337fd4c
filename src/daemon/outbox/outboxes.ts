import { isDeepStrictEqual } from 'node:util'
import { inheritedDescriptor } from '../../child-process/child-descriptors.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import { writeListenAddress } from '../../configuration/listen-address.ts'
import { outboxAccess } from '../../configuration/outbox-access.ts'
import {
  type DeliveryRoute,
  type OutboxConfiguration,
  senderOf,
} from '../../configuration/outbox-configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { OutboxState, ToOutbox } from '../../messages/outbox-messages.ts'
import type { Counters } from '../metrics/counters.ts'
import type { Notice } from '../notices/notifier.ts'
import type { Prepared } from '../prepared.ts'
import {
  type ChildListeners,
  closeChildListeners,
  lostNames,
  openChildListeners,
} from '../socket/child-listeners.ts'
import type { InheritedSocket } from '../systemd.ts'
import type { Courier } from './courier.ts'
import { OutboxChild, type OutboxChildOptions } from './outbox-child.ts'
import { makeReachable } from './make-reachable.ts'
import { makeSpools } from './make-spools.ts'
import { outboxPath } from './outbox-path.ts'
import { strandedSpools } from '../../spool/stranded-spools.ts'
import { WayWatch } from './way-watch.ts'

interface OutboxesOptions extends Pick<OutboxChildOptions, 'modulePath' | 'env'> {
  courier: Pick<Courier, 'deliver'>
  /** True where the provider answers at all. */
  probe: (route: DeliveryRoute) => Promise<boolean>
  /** Ends the sender. */
  closeSender: () => Promise<void>
  /** What systemd made, of which some are for outboxes. */
  inherited: readonly InheritedSocket[]
  notify: (notice: Notice) => void
  counters: Pick<Counters, 'countDelivery'>
  log: Log
}

/** What waits in an outbox, with who sends and where it listens. */
export interface ServedOutboxState extends OutboxState {
  account: string
  path: string
}

type FromChild = Parameters<OutboxChildOptions['onMessage']>[0]

/**
 * The [[outbox]]es of the configuration in force: their sockets, which stay open while processes come and
 * go, the process that takes mail, and the way from what is due to how it went.
 */
export class Outboxes {
  readonly #options: OutboxesOptions
  readonly #ways: WayWatch
  #configurations: readonly OutboxConfiguration[] = []
  #listeners: ChildListeners = new Map()
  #states: readonly OutboxState[] = []
  #child: OutboxChild | undefined
  #isBegun = false
  /** What is being delivered: a process of the outbox that is new asks for it again. */
  readonly #underWay = new Set<string>()

  constructor(options: OutboxesOptions) {
    this.#options = options
    this.#ways = new WayWatch({
      routeOf: (account) => this.#configurations.find((each) => each.account === account)?.route,
      probe: (route) => options.probe(route),
      onOpen: (account) => this.#retry(account, true),
    })
  }

  /** Opens what is new or lost, without those `left`; nothing changes before `commit`. @throws CmsOauthError */
  async prepare(
    configuration: Pick<Configuration, 'outboxes' | 'store'>,
    left: ReadonlySet<string> = new Set(),
  ): Promise<Prepared> {
    const { inherited } = this.#options
    const { outboxes } = configuration
    for (const outbox of outboxes) void outboxAccess(outbox)
    makeSpools(outboxes)
    makeReachable(outboxes.map((outbox) => ({ ...outbox, ...this.#placeOf(outbox) })))
    const places = outboxes.map((outbox) => ({ ...outbox, listen: [this.#placeOf(outbox)] }))
    const present = { open: this.#listeners, inherited, left }
    const listeners = await openChildListeners(places, present)
    return {
      commit: () => this.#commit(configuration, listeners),
      rollback: () => closeChildListeners(listeners, this.#listeners),
    }
  }

  /** The paths that lead to no outbox any more. */
  lost(): string[] {
    return lostNames(this.#listeners)
  }

  /** What waits, as the process said last. */
  states(): ServedOutboxState[] {
    return this.#configurations.map((outbox) => {
      const { name, account } = outbox
      const state = this.#states.find((each) => each.name === name) ?? {
        name,
        waiting: 0,
        abandoned: 0,
      }
      return { ...state, account, path: this.#placeOf(outbox).path }
    })
  }

  /** An account has a token again: what waits for that is due. */
  retry(user: string): void {
    const outbox = this.#configurations.find((each) => senderOf(each) === user)
    if (outbox !== undefined) this.#retry(outbox.account, false)
  }

  /** Ends the processes; what is on its way gets a moment. */
  async close(): Promise<void> {
    this.#ways.close()
    await this.#child?.close()
    await this.#options.closeSender()
    await closeChildListeners(this.#listeners)
  }

  async #commit(
    configuration: Pick<Configuration, 'outboxes' | 'store'>,
    listeners: ChildListeners,
  ): Promise<void> {
    const { outboxes } = configuration
    const before = this.#listeners
    const namesBefore = this.#configurations.map(({ name }) => name)
    // A socket is served for the outbox, and with it the spool, that it was first of.
    const isSame =
      this.#isBegun &&
      isDeepStrictEqual([...before.values()], [...listeners.values()]) &&
      outboxes.every(({ name }, index) => name === namesBefore[index])
    this.#configurations = outboxes
    this.#listeners = listeners
    this.#isBegun = true
    if (isSame) return this.#child?.send(this.#configuration())
    // Two of them at a time would send everything twice: who connects meanwhile waits in the kernel.
    await this.#child?.close()
    for (const stranded of strandedSpools(configuration)) {
      this.#options.log.warn('outbox.stray', { ...stranded })
    }
    this.#child = listeners.size === 0 ? undefined : this.#start()
    if (this.#child === undefined) this.#states = []
    await closeChildListeners(before, listeners)
  }

  #start(): OutboxChild {
    const { modulePath, env, log } = this.#options
    return new OutboxChild({
      modulePath,
      env,
      log,
      descriptors: [...this.#listeners.values()].map(({ held }) => held.fd),
      configuration: () => this.#configuration(),
      onMessage: (message) => this.#receive(message),
    })
  }

  #configuration(): ToOutbox {
    const names = [...this.#listeners.keys()]
    return {
      type: 'configure',
      outboxes: this.#configurations.map((configuration) => ({
        configuration,
        descriptors: [
          inheritedDescriptor(names.indexOf(writeListenAddress(this.#placeOf(configuration)))),
        ],
      })),
    }
  }

  #placeOf(outbox: OutboxConfiguration): { path: string } {
    return { path: outboxPath(outbox, this.#options.inherited) }
  }

  #retry(account: string, isWayOpen: boolean): void {
    this.#child?.send({ type: 'retry', account, isWayOpen })
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'due':
        return void this.#deliver(message.outbox, message.id)
      case 'state':
        this.#states = message.outboxes
        return
      case 'notice': {
        const { event, outbox: name, reason } = message
        const user = this.#configurations.find((outbox) => outbox.name === name)?.account ?? ''
        this.#options.notify({ event, user, message: `outbox "${name}": ${reason}` })
      }
    }
  }

  async #deliver(name: string, id: string): Promise<void> {
    const outbox = this.#configurations.find((each) => each.name === name)
    const delivery = `${name} ${id}`
    if (outbox === undefined || this.#underWay.has(delivery)) return
    this.#underWay.add(delivery)
    const outcome = await this.#options.courier.deliver(outbox, id)
    this.#underWay.delete(delivery)
    this.#options.counters.countDelivery(name, outcome)
    this.#child?.send({ type: 'outcome', outbox: name, id, outcome })
    if (outcome.kind === 'later' && outcome.isOfWay === true) this.#ways.watch(outbox.account)
    else this.#ways.stop(outbox.account)
  }
}
