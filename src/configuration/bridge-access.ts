import { AccessRule } from './access-rule.ts'
import type { BridgeConfiguration } from './configuration.ts'

/**
 * Who a bridge lets in by the kernel's word; undefined where it is nobody. Without "allow" that is the
 * user of this process.
 * @throws ConfigInvalidError as AccessRule does
 */
export function bridgeAccess({
  callers,
  allow,
}: Pick<BridgeConfiguration, 'callers' | 'allow'>): AccessRule | undefined {
  if (!callers.includes('peer')) return undefined
  return new AccessRule(allow ?? { users: [String(process.geteuid?.() ?? 0)], groups: [] })
}
