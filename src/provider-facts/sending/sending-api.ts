import { gmailApi, gmailSendScope } from '../google.ts'
import { findCloud, graphLargestBytes, sendPermission } from '../microsoft.ts'

/** The APIs that send mail without SMTP. */
export type SendingApi = 'gmail-api' | 'graph'

/** What is known of an API before anything is sent by it. */
interface SendingApiFacts {
  /** Whose accounts it is for. */
  provider: 'gmail' | 'office365'
  /** Of a finished message, as it is in the spool. */
  largestBytes: number
}

/** By the names that `via` has for them. */
export const sendingApis: Readonly<Record<SendingApi, SendingApiFacts>> = {
  'gmail-api': { provider: 'gmail', largestBytes: gmailApi.largestBytes },
  graph: { provider: 'office365', largestBytes: graphLargestBytes },
}

/** Where an API is, in the cloud of an account; Google has one. */
export function apiOrigin(api: SendingApi, cloud?: string): string {
  return api === 'graph' ? findCloud(cloud).graph : gmailApi.origin
}

/** The permission to send by an API and nothing else; `isAppOnly`: where nobody signs in. */
export function sendScopes(
  api: SendingApi,
  cloud: string | undefined,
  isAppOnly: boolean,
): string[] {
  if (api === 'gmail-api') return [gmailSendScope]
  return [`${findCloud(cloud).graph}/${isAppOnly ? '.default' : sendPermission}`]
}
