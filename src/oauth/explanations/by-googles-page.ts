/** What stands on Google's error pages, from which no browser comes back. */
import type { Explanation } from './explanation.ts'

const desktopClient =
  'use a client of the type "Desktop app" and leave out redirect_uri, then {reload}'

/** Source: https://support.google.com/accounts/answer/16668185 */
export const byGooglesPage: Explanation[] = [
  {
    error: 'access_denied',
    description: /\bError 403\b|verification process|being tested|approved testers/i,
    meaning: 'the app is in "Testing", and the address is not one of its test users',
    actor: 'operator',
    nextStep:
      'publish the app (Google Auth Platform, "Audience"), or add the address to its test users there',
  },
  {
    error: 'invalid_request',
    description: /\bError 400\b|comply with Google's OAuth/i,
    meaning: 'a client of this type cannot have this redirect URI at Google',
    actor: 'operator',
    nextStep: desktopClient,
  },
  {
    error: 'origin_mismatch',
    meaning: 'the client is one for web pages',
    actor: 'operator',
    nextStep: desktopClient,
  },
  {
    error: 'disallowed_useragent',
    meaning: 'a sign-in in a window within another program is not allowed at Google',
    actor: 'operator',
    nextStep: 'open the address that is printed in a browser of its own',
  },
  {
    error: 'policy_enforced',
    meaning:
      'the Advanced Protection of the account blocks applications that Google has not verified',
    actor: 'operator',
    nextStep: 'turn off Advanced Protection for the account',
  },
  {
    error: 'access_not_configured',
    meaning: 'the Workspace for Education has not configured this application',
    actor: 'administrator',
    nextStep: 'an administrator must configure it under "API controls" of the Admin console',
  },
]
