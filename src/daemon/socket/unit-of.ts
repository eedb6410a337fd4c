/**
 * The systemd unit of a process, from its /proc/PID/cgroup (cgroups(7), version 2). Below a unit that a user's
 * own manager, or a service, may divide up, names are what that user likes: there it is the system's unit and
 * the innermost one, as `user@1000.service/mail.service`. Undefined where there is none.
 */
export function unitOf(cgroups: string): string | undefined {
  const line = cgroups.split('\n').find((each) => each.startsWith('0::')) ?? ''
  const units = line
    .split('/')
    .filter((name) => name.endsWith('.service') || name.endsWith('.scope'))
  const [outermost] = units
  return units.length > 1 ? `${outermost}/${units.at(-1)}` : outermost
}
