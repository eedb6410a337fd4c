import { buildId, buildVariable } from '../package/build-id.ts'

/** The environment of a program of ours that the daemon starts; it ends at once in another build. */
export function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...withoutSupervisor(env), [buildVariable]: buildId }
}

/** The environment for programs that this one starts: systemd listens to the daemon alone. */
export function withoutSupervisor(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { NOTIFY_SOCKET: _, WATCHDOG_USEC: __, WATCHDOG_PID: ___, ...rest } = env
  return rest
}
