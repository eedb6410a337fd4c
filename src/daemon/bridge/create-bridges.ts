import type { Accounts } from '../../accounts/accounts.ts'
import { bridgeConfinement } from '../../child-process/confinements.ts'
import { confinedEnvironment, networkEnvironment } from '../../child-process/environment.ts'
import type { Configuration } from '../../configuration/configuration.ts'
import type { Log } from '../../logging/log.ts'
import type { Counters } from '../metrics/counters.ts'
import type { TokenSource } from '../socket/token-source.ts'
import type { InheritedSocket } from '../systemd.ts'
import type { TokenReplacement } from '../tokens/refused-tokens.ts'
import { BridgeCertificates } from './bridge-certificates.ts'
import { BridgePasswords } from './bridge-passwords.ts'
import { Bridges } from './bridges.ts'
import { PasswordFile } from './password-file.ts'
import { SharedCertificateFile } from './shared-certificate.ts'

interface BridgeSurroundings extends Pick<Configuration, 'store'> {
  /** The bridge's program file. */
  modulePath: string
  tokens: TokenSource
  refusedTokens: TokenReplacement
  accounts: () => Accounts
  inherited: readonly InheritedSocket[]
  counters: Pick<Counters, 'countBridgeEvent'>
  log: Log
}

/** The bridges and their passwords; nothing is open, and no process runs, before a configuration is applied. */
export function createBridges({
  modulePath,
  store,
  tokens,
  refusedTokens,
  accounts,
  inherited,
  counters,
  log,
}: BridgeSurroundings): { bridges: Bridges; passwords: BridgePasswords } {
  const passwords = new BridgePasswords({
    file: new PasswordFile(store.stateDirectory),
    users: () => Array.from(accounts().all(), ({ user }) => user),
    onChange: () => bridges.tellPasswords(),
    onTrialEnd: (trial) => bridges.dropPassword(trial),
    log,
  })
  const bridges: Bridges = new Bridges({
    modulePath,
    env: confinedEnvironment(networkEnvironment(process.env), bridgeConfinement),
    tokens,
    refusedTokens,
    accounts,
    passwords: () => passwords.verifiers(),
    inherited,
    counters,
    certificates: new BridgeCertificates({
      file: new SharedCertificateFile(store.stateDirectory, log),
      log,
    }),
    log,
  })
  return { bridges, passwords }
}
