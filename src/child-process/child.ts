import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { withErrnoWords } from '../files/errno-words.ts'
import { withoutDebugger } from '../kernel/without-debugger.ts'
import type { Shape } from '../shapes/shape.ts'
import { channelDescriptor } from './child-descriptors.ts'
import { HeartbeatWatch } from './heartbeat-watch.ts'
import { LineChannel } from './line-channel.ts'

/** What a child is started with. */
export interface ChildProgram {
  /** Its program file. */
  modulePath: string
  args?: readonly string[]
  /** All of its environment: see environment.ts. */
  env: NodeJS.ProcessEnv
  /**
   * Descriptors of this process that it inherits, see inheritedDescriptor: sockets to listen on stay open here,
   * so that nobody is refused while a child is started again.
   */
  descriptors?: readonly number[]
  /**
   * How far V8's young generation may grow, in MiB; it has twice as much. Absent: as far as V8 likes, which is
   * 16. What a process that lives long needs once in a burst it holds for good.
   */
  youngGenerationMiB?: number
}

/** Who hears what a child says; `shape` is the form of all its messages. */
export interface ChildListener<Incoming> {
  shape: Shape<Incoming>
  onMessage: (message: Incoming) => void
  /** It has sent something of another form; the reason holds nothing of it, `value` may be a secret. */
  onMalformed: (reason: string, value: unknown) => void
  /** It is gone; called once, and not before the constructor has returned. */
  onEnd: (end: ChildEnd) => void
  /** Watched over, if it sends heartbeats: see HeartbeatWatch. */
  heartbeat?: { limitMs: number; onSilence: (isStuck: boolean) => void }
}

/** Why a child is gone: by a signal or with a status, or because there never was one. */
export type ChildEnd = { reason: string } | { notStarted: NodeJS.ErrnoException }

/** Why a child is gone, in words. */
export function reasonOfEnd(end: ChildEnd): string {
  return 'reason' in end ? end.reason : `not started: ${withErrnoWords(end.notStarted.code)}`
}

/** One child of this process, from its start to its end. */
export class Child<Outgoing, Incoming> {
  #child: ChildProcess | undefined
  #socket: Socket | undefined
  #channel: LineChannel<Outgoing, Incoming> | undefined
  #heartbeat: HeartbeatWatch | undefined
  #onEnd: ((end: ChildEnd) => void) | undefined
  #end: ChildEnd | undefined

  /**
   * Starts it. What cannot be started ends at once. Without a listener it starts all the same, and what
   * it says is kept until `attach`: nobody need wait for a process whose use is not known yet.
   */
  constructor(program: ChildProgram, listener?: ChildListener<Incoming>) {
    try {
      this.#start(program)
    } catch (error) {
      // Some refusals of the kernel Node throws, others come as an event.
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error
      this.#finish({ notStarted: error as NodeJS.ErrnoException })
    }
    if (listener !== undefined) this.attach(listener)
  }

  /** Gives what it says, and its end, to a listener. Called once. */
  attach({ shape, onMessage, onMalformed, onEnd, heartbeat }: ChildListener<Incoming>): void {
    this.#onEnd = onEnd
    const end = this.#end
    if (end !== undefined) return process.nextTick(() => onEnd(end))
    if (this.#socket === undefined) return
    if (heartbeat !== undefined) {
      this.#heartbeat = new HeartbeatWatch({ pid: this.pid, ...heartbeat })
    }
    this.#channel = new LineChannel<Outgoing, Incoming>(this.#socket, {
      shape,
      onMessage: (message) => {
        this.#heartbeat?.heard()
        onMessage(message)
      },
      onMalformed: (reason, value) => {
        this.#heartbeat?.heard()
        onMalformed(reason, value)
      },
      onClose: () => {},
    })
  }

  /** Undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** True while it cannot be expected to answer. */
  get isSilent(): boolean {
    return this.#heartbeat?.isSilent ?? false
  }

  /** Sends a message; it is dropped where the child is gone, which `onEnd` tells. */
  send(message: Outgoing): void {
    this.#channel?.send(message)
  }

  /** Closes the channel: the child finishes what it is doing, and ends. */
  disconnect(): void {
    this.#socket?.end()
  }

  /** Kills it with SIGKILL. */
  kill(): void {
    this.#child?.kill('SIGKILL')
  }

  /** Waits for it no more, and lets this process end before it. */
  abandon(): void {
    this.#socket?.destroy()
    this.#child?.unref()
  }

  #start({ modulePath, args = [], env, descriptors = [], youngGenerationMiB }: ChildProgram): void {
    const flags =
      youngGenerationMiB === undefined ? [] : [`--max-semi-space-size=${youngGenerationMiB}`]
    const child = spawn(process.execPath, [...withoutDebugger, ...flags, modulePath, ...args], {
      env,
      // A library's last words may hold a secret: nothing that it prints gets out.
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', ...descriptors],
    })
    this.#child = child
    // Once it runs, an error is that of a signal that did not reach it because it is gone.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#finish({ notStarted: error })
    })
    if (child.pid === undefined) return
    // A child that is gone is reported by `close`, which comes when all that it has said is read.
    this.#socket = child.stdio[channelDescriptor] as Socket
    this.#socket.on('error', () => {})
    child.once('close', (code, signal) => this.#finish({ reason: signal ?? `status ${code}` }))
  }

  #finish(end: ChildEnd): void {
    this.#heartbeat?.close()
    this.#end = end
    this.#onEnd?.(end)
  }
}
