import { AccessRule } from '../../configuration/access-rule.ts'
import type { BridgeConfiguration } from '../../configuration/configuration.ts'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import { type ListenAddress, writeListenAddress } from '../../configuration/listen-address.ts'
import { isCmsOauthError } from '../../errors.ts'
import { withErrnoWords } from '../../files/errno-words.ts'
import { type BridgeAnswer, visitBridge } from './bridge-talk.ts'

/** Who tries a bridge, and how. */
export interface BridgeTrial {
  bridge: BridgeConfiguration
  /** Where; one of its addresses that answers. */
  address: ListenAddress
  /** An account of the bridge that has a token. */
  user: string
  /** Of the daemon, which is who "peer" means without "allow". */
  daemonUid: number
  /** Makes a password that is good for this trial alone. */
  makePassword: () => Promise<string>
}

/** Logs in through a bridge up to the mail server, as the programs do that it is for, and leaves. */
export async function checkBridgeLogin(trial: BridgeTrial): Promise<Finding> {
  const { bridge, address, user, makePassword } = trial
  const { protocol, callers, tls } = bridge
  const where = `${protocol} at ${writeListenAddress(address)}, as ${user}`
  const hasPasswords = callers.includes('password')
  if (!hasPasswords && !mayComeIn(trial)) {
    return ok('bridge', `${where}: no login was tried, since "allow" does not list you`)
  }
  try {
    const password = hasPasswords ? { password: await makePassword() } : {}
    const answer = await visitBridge({ protocol, address, tls, user, ...password })
    return answer.isIn
      ? ok('bridge', `${where}: ${answer.lastLine}`.slice(0, 200))
      : refused(where, answer)
  } catch (error) {
    if (isCmsOauthError(error)) {
      const text = `${where}: no login was tried, since there is no password for it: ${error.message}`
      return warning('bridge', text, error.hint)
    }
    const { code, name } = error as NodeJS.ErrnoException
    const isLate = name === 'AbortError' || name === 'TimeoutError'
    const reason = isLate ? 'no answer in time' : withErrnoWords(code)
    const hint = 'see the log of cms-oauthd for "bridge."'
    return failure('bridge', 'daemon_unreachable', `${where}: ${reason}`, hint)
  }
}

/** The bridge's answer says what is wrong and then what to do. */
function refused(where: string, { lastLine }: BridgeAnswer): Finding {
  const [what = '', ...steps] = lastLine.split('; ')
  const hint = steps.join('; ') || 'see the log of cms-oauthd for "bridge.refused"'
  return failure('bridge', 'mail_login_refused', `${where}: ${what}`, hint)
}

/** Whether this process is let in without a password. */
function mayComeIn({ bridge: { callers, allow }, daemonUid }: BridgeTrial): boolean {
  if (callers.includes('network')) return true
  const uid = process.geteuid?.() ?? 0
  const gid = process.getegid?.() ?? 0
  return new AccessRule(allow ?? { users: [String(daemonUid)], groups: [] }).admits({ uid, gid })
}

/** Warns of a rule by which the kernel's word lets in nobody. */
export function emptyAllow({ protocol, callers, allow, listen }: BridgeConfiguration): Finding[] {
  const isEmpty = allow !== undefined && allow.users.length + allow.groups.length === 0
  if (!callers.includes('peer') || !isEmpty) return []
  const where = listen.map(writeListenAddress).join(', ')
  const text = `${protocol} at ${where}: "allow" is empty, so the kernel's word lets in nobody`
  return [warning('bridge', text, 'list users or groups in "allow", or take it away')]
}
