import { AccessRule } from './access-rule.ts'
import type { OutboxConfiguration } from './outbox-configuration.ts'

/**
 * Who may hand mail to an outbox, by the kernel's word. Without "allow" that is the user of this
 * process. @throws ConfigInvalidError as AccessRule does
 */
export function outboxAccess({ allow }: Pick<OutboxConfiguration, 'allow'>): AccessRule {
  return new AccessRule(allow ?? { users: [String(process.geteuid?.() ?? 0)], groups: [] })
}
