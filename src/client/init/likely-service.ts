import { type MailServiceName, serviceOfAddress } from '../../provider-facts/mail-services.ts'

/** The service that an address is likely at: most domains of companies are at Microsoft's. */
export function likelyService(address: string): MailServiceName {
  return serviceOfAddress(address) ?? 'office365'
}
