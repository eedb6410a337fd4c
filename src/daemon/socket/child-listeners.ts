import { once } from 'node:events'
import { createServer } from 'node:net'
import { type HeldListener, holdListener } from '../../child-process/held-listener.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { type ListenAddress, writeListenAddress } from '../../configuration/listen-address.ts'
import { type CmsOauthError, ConfigInvalidError, StoreLockedError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { backlog } from '../../kernel/backlog.ts'
import type { InheritedSocket } from '../systemd.ts'
import { type Listener, openListener, staysOpen } from './listener.ts'

/** What sockets are opened of. */
export type ListeningPlace = Pick<BridgeConfiguration, 'listen' | 'mode' | 'owner' | 'group'>

/** A socket that is open for a bridge or an outbox, whichever process accepts at the moment. */
export interface ChildListener {
  /** What of it cannot change while it is open. */
  attributes: string
  held: HeldListener
  /** Of a UNIX socket: its name. */
  named: Listener | undefined
}

/** By their addresses. */
export type ChildListeners = ReadonlyMap<string, ChildListener>

/** What need not be opened. */
interface PresentSockets {
  open: ChildListeners
  inherited: readonly InheritedSocket[]
  /** Names of those that stay open though their path is lost. */
  left?: ReadonlySet<string>
}

/**
 * The listeners of these places, those that are open already among them; what is new is opened.
 * @throws StoreLockedError while another process listens there, or the address is not there;
 * ConfigInvalidError for anything else; nothing new is open then
 */
export async function openChildListeners(
  places: readonly ListeningPlace[],
  { open, inherited, left }: PresentSockets,
): Promise<ChildListeners> {
  const wanted = new Map<string, ChildListener>()
  const made = new Map(inherited.map((one) => [writeListenAddress(one.address), one.fd]))
  try {
    for (const place of places) {
      for (const address of place.listen) {
        const name = writeListenAddress(address)
        const present = open.get(name)
        const fd = made.get(name)
        const named = present?.named
        const isWhole = named === undefined || staysOpen(named, left?.has(name) === true)
        const isSame = isWhole && present?.attributes === attributesOf(place, address)
        if (fd !== undefined) wanted.set(name, present ?? systemdsListener(fd))
        else wanted.set(name, isSame ? present : await openOne(place, address, present))
      }
    }
    return wanted
  } catch (error) {
    await closeChildListeners(wanted, open)
    throw error
  }
}

/** The paths that lead to none of them any more. */
export function lostNames(listeners: ChildListeners): string[] {
  return [...listeners].flatMap(([name, { named }]) => (named?.hasName() === false ? [name] : []))
}

/** Closes those that are not among `kept`. */
export async function closeChildListeners(
  listeners: ChildListeners,
  kept: ChildListeners = new Map(),
): Promise<void> {
  for (const [name, listener] of listeners) {
    if (kept.get(name) === listener) continue
    await listener.named?.close()
    listener.held.close()
  }
}

/** It stays open: systemd has it too, and passes it only once. Owner and mode are systemd's business. */
function systemdsListener(fd: number): ChildListener {
  return { attributes: 'inherited', held: { fd, close: () => {} }, named: undefined }
}

async function openOne(
  place: ListeningPlace,
  address: ListenAddress,
  present: ChildListener | undefined,
): Promise<ChildListener> {
  const attributes = attributesOf(place, address)
  const server = createServer()
  if (!('path' in address)) {
    await listenOnPort(server, address)
    return { attributes, held: await holdListener(server), named: undefined }
  }
  const { mode, owner, group } = place
  const named = await openListener(server, {
    path: address.path,
    mode,
    replaces: present?.named,
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  })
  return { attributes, held: await holdListener(server), named }
}

async function listenOnPort(
  server: ReturnType<typeof createServer>,
  address: { host: string; port: number },
): Promise<void> {
  try {
    server.listen({ ...address, backlog })
    await once(server, 'listening')
  } catch (error) {
    throw cannotListen(writeListenAddress(address), error as NodeJS.ErrnoException)
  }
}

/**
 * What may be over soon is temporary: a port may be that of a bridge whose daemon was killed a moment ago; an
 * address of Docker or of a VPN may come later, and one of IPv6 is tried out for a second (RFC 4862).
 */
const temporary: Record<string, string> = {
  EADDRINUSE:
    'another program listens there, which "ss -ltnp" lists as root: stop it, or choose another port',
  EADDRNOTAVAIL:
    'check "listen" of the [[bridge]] or [[outbox]] that names it; for an address that comes later use a .socket unit with FreeBind=yes (the key "name"), or start cms-oauthd again',
}

function cannotListen(address: string, error: NodeJS.ErrnoException): CmsOauthError {
  const { code = '' } = error
  const message = `nothing can listen on "${address}": ${withErrnoWords(code)}`
  const wait = Object.hasOwn(temporary, code) ? temporary[code] : undefined
  if (wait !== undefined) return new StoreLockedError(message, { hint: wait, cause: error })
  const hint =
    code === 'EACCES'
      ? 'ports below 1024 are for root: choose another one, or take it from a .socket unit of systemd (the key "name")'
      : 'check "listen" of the [[bridge]] or [[outbox]] that names it'
  return new ConfigInvalidError(message, { hint, cause: error })
}

/** A port has no mode and no owner. */
function attributesOf({ mode, owner, group }: ListeningPlace, address: ListenAddress): string {
  return 'path' in address ? JSON.stringify([mode, owner, group]) : ''
}
