import { statSync } from 'node:fs'
import {
  failure,
  wireErrorFinding,
  type Finding,
  ok,
  warning,
} from '../../configuration/finding.ts'
import type { Diagnostics, ProviderDiagnosis } from '../../messages/diagnostics.ts'
import { version } from '../../package/version.ts'

import { checkSharedStore } from './shared-store-check.ts'

/**
 * From these differences on, `doctor` warns of a clock, and tokens and certificates begin to fail.
 */
const clockWarningMs = 60_000
const clockFailureMs = 5 * 60_000

/** Checks what the daemon reports of itself, its renewer and its providers. */
export function checkDaemon(diagnostics: Diagnostics, controlPath: string): Finding[] {
  const { pid, uid, node, providers } = diagnostics
  const { shared } = diagnostics.store
  return [
    ok('daemon', `${diagnostics.version}, pid ${pid}, uid ${uid}, Node ${node}, at ${controlPath}`),
    ...versionWarning(diagnostics),
    ...configurationWarning(diagnostics),
    ...(diagnostics.store.key.from === 'none' ? [] : [renewerFinding(diagnostics)]),
    ...(shared === undefined ? [] : checkSharedStore(shared)),
    ...providers.map(providerFinding),
    ...clockFinding(providers),
  ]
}

function versionWarning({ version: running }: Diagnostics): Finding[] {
  if (running === version) return []
  const text = `the daemon is ${running}, this is ${version}`
  return [warning('daemon', text, 'restart cms-oauthd')]
}

function configurationWarning({ configuration }: Diagnostics): Finding[] {
  const { file, loaded_at: loadedAt } = configuration
  if (changedAtOf(file) <= Date.parse(loadedAt)) return []
  const text = `${file} was changed after the daemon read it`
  return [warning('configuration', text, 'run "cms-oauth reload"')]
}

/** In epoch ms; 0 where nobody can tell: it is not there, or the directory is closed to this user. */
function changedAtOf(file: string): number {
  try {
    return statSync(file).mtimeMs
  } catch {
    return 0
  }
}

function renewerFinding({ renewer }: Diagnostics): Finding {
  const { duration_ms: durationMs, records, error } = renewer
  if (error !== null) return wireErrorFinding('renewer', error)
  const count = records === 1 ? '1 sign-in' : `${records} sign-ins`
  return ok('renewer', `opens the store in ${durationMs} ms and finds ${count}`)
}

function providerFinding({ host, proxy, duration_ms, users, error }: ProviderDiagnosis): Finding {
  if (error !== null) return wireErrorFinding('provider', error)
  const way = proxy === null ? 'without a proxy' : `through the proxy "${proxy}"`
  return ok('provider', `"${host}" answers in ${duration_ms} ms ${way}, for ${users.join(', ')}`)
}

/** The clock compared with the provider that differs most. */
function clockFinding(providers: readonly ProviderDiagnosis[]): Finding[] {
  const [worst] = providers
    .flatMap(({ host, clock_ahead_ms: aheadMs }) => (aheadMs === null ? [] : { host, aheadMs }))
    .toSorted((one, other) => Math.abs(other.aheadMs) - Math.abs(one.aheadMs))
  if (worst === undefined) return []
  const seconds = Math.round(Math.abs(worst.aheadMs) / 1_000)
  if (seconds * 1_000 < clockWarningMs) {
    return [ok('clock', `differs by ${seconds} s from that of "${worst.host}"`)]
  }
  const side = worst.aheadMs > 0 ? 'behind' : 'ahead of'
  const text = `this machine is ${seconds} s ${side} "${worst.host}"`
  const hint = 'set the clock: "timedatectl set-ntp true", or start an NTP program'
  const isGrave = seconds * 1_000 >= clockFailureMs
  return [isGrave ? failure('clock', 'config_invalid', text, hint) : warning('clock', text, hint)]
}
