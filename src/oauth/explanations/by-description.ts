/**
 * What only the description of an answer tells: the same word stands for several mistakes. Without
 * `error` a row holds for any word, since servers choose different ones for it.
 */
import type { Explanation } from './explanation.ts'

const compareSecret =
  'compare client_id and the client secret with the app registration, then {reload}'
const setSecret = 'set client_secret, or make the app registration a public client'
const withoutDevice =
  'use a client of the type "Desktop app" with grant = "authorization_code", then {reload} without --device'

/** Sources: what the servers of the providers answer, and their documentation of errors. */
export const byDescription: Explanation[] = [
  // Google: https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
  {
    error: 'unauthorized_client',
    description: /^Client is unauthorized to retrieve access tokens using this method/,
    meaning: 'the service account may not act for this mailbox with these scopes',
    actor: 'administrator',
    nextStep:
      'an administrator of the Workspace must list its client ID with https://mail.google.com/ under "Domain-wide delegation"',
  },
  {
    error: 'invalid_grant',
    description: /^Invalid email or User ID/,
    meaning: 'the address has no mailbox in this Workspace',
    actor: 'operator',
    nextStep: 'compare user and login_hint with the addresses of the Workspace, then {reload}',
  },
  {
    error: 'invalid_grant',
    description: /^Invalid JWT Signature/,
    meaning: 'the key of the service account was deleted, or belongs to another one',
    actor: 'administrator',
    nextStep:
      'make a new key for the service account, and configure it in service_account_file, then {reload}',
  },
  {
    error: 'invalid_grant',
    description: /^Invalid grant: account not found/,
    meaning: 'the service account is not there any more',
    actor: 'administrator',
    nextStep:
      'make a service account with a key, and configure it in service_account_file, then {reload}',
  },
  {
    error: 'invalid_grant',
    description: /^Invalid JWT: Token must be a short-lived token/,
    meaning: 'the clock of this machine is wrong',
    actor: 'operator',
    nextStep: 'set the clock of this machine ("cms-oauth doctor" compares it)',
  },
  {
    error: 'unauthorized_client',
    description: /^Unauthorized$/,
    meaning: 'the sign-in was made with another client_id',
    actor: 'you',
    nextStep: '{login}',
  },
  {
    error: 'invalid_client',
    description: /OAuth client was not found|missing a project id/i,
    meaning: 'the client_id is not one that Google knows',
    actor: 'administrator',
    nextStep: 'set client_id to one of the clients in the Google Cloud console, then {reload}',
  },
  {
    error: 'invalid_client',
    description: /client secret (?:is|supplied|you).*(?:invalid|not valid|expired|incorrect)/i,
    meaning: 'the client secret is wrong',
    actor: 'administrator',
    nextStep: 'compare the client secret with the app registration, then {reload}',
  },
  {
    error: 'invalid_client',
    description: /^Invalid client type/,
    meaning: 'a client of this type cannot be used with the device sign-in',
    actor: 'operator',
    nextStep: withoutDevice,
  },
  {
    error: 'invalid_scope',
    description: /^Invalid device flow scope/,
    meaning: 'the device sign-in of Google does not give access to mail',
    actor: 'operator',
    nextStep: withoutDevice,
  },
  {
    description: /has not been used in project .* before or it is disabled/,
    meaning: 'the API is disabled in the project of the client_id',
    actor: 'administrator',
    nextStep: 'enable it under "APIs & Services" of the Google Cloud console',
  },
  // Keycloak
  {
    error: 'unauthorized_client',
    description: /not enabled to retrieve service account/,
    meaning: 'the client cannot fetch tokens on its own',
    actor: 'administrator',
    nextStep: 'turn on "Service account roles" for the client',
  },
  {
    error: 'unauthorized_client',
    description: /device authorization grant/i,
    meaning: 'the client may not use the device sign-in',
    actor: 'administrator',
    nextStep: 'leave out --device, or allow the device authorization grant for the client',
  },
  {
    error: 'not_allowed',
    description: /offline tokens? not allowed/i,
    meaning: 'the server gives no refresh token for use without a session',
    actor: 'administrator',
    nextStep:
      'allow offline_access for the client and the person, or remove it from scopes, then {reload}',
  },
  {
    error: 'realm_does_not_exist',
    meaning: 'the realm does not exist',
    actor: 'operator',
    nextStep: 'correct authority, then {reload}',
  },
  // Okta, Auth0, Keycloak: of the person
  {
    description: /not assigned to the client application/i,
    meaning: 'the account is not assigned to the application',
    actor: 'administrator',
    nextStep: 'an administrator must assign the account to the application',
  },
  {
    description: /^Policy evaluation failed/i,
    meaning: 'a policy of the organization refuses the sign-in',
    actor: 'administrator',
    nextStep: 'an administrator must allow it in the access policies of the authorization server',
  },
  {
    description: /^(?:user|account) (?:is )?(?:disabled|blocked)\.?$/i,
    meaning: 'the account is disabled or blocked',
    actor: 'administrator',
    nextStep: 'an administrator must enable or unblock it',
  },
  // Of the client, whatever the server
  {
    error: 'access_denied',
    description: /^Service not enabled within domain/,
    meaning: 'the API or service that is asked for is not there',
    actor: 'administrator',
    nextStep:
      'compare the API and the scopes of the account with those of the server, then {reload}',
  },
  {
    error: 'access_denied',
    description: /^Unauthorized$/,
    meaning: 'the client secret is wrong',
    actor: 'administrator',
    nextStep: compareSecret,
  },
  {
    error: 'invalid_request',
    description: /^client_secret is missing/i,
    meaning: 'the client has a secret, and none was sent',
    actor: 'operator',
    nextStep: 'set client_secret (also a "Desktop app" of Google has one), then {reload}',
  },
  {
    error: 'unauthorized_client',
    description: /client secret not provided/i,
    meaning: 'the client has a secret, and none was sent',
    actor: 'operator',
    nextStep: `${setSecret}, then {reload}`,
  },
  {
    error: 'unauthorized_client',
    description: /invalid client (?:secret|or invalid|credentials)/i,
    meaning: 'the client_id or the client secret is wrong',
    actor: 'administrator',
    nextStep: compareSecret,
  },
  {
    error: 'invalid_request',
    description:
      /^unknown client\b|app\.notfound|client(?:_id)? (?:was |is )?(?:not found|unknown)/i,
    meaning: 'the server does not know this client_id',
    actor: 'administrator',
    nextStep: 'compare client_id with the app registration, then {reload}',
  },
  {
    error: 'unauthorized_client',
    description: /grant.?type/i,
    meaning: 'the client may not use this kind of grant',
    actor: 'administrator',
    nextStep:
      'allow it for the client: authorization code and refresh token, or what grant of the account says, then {reload}',
  },
  {
    description:
      /callback url mismatch|incorrect redirect_uri|mismatching redirection uri|redirect(?:ion)?[_ ]ur[il]\W.*(?:missing|must be|mismatch|invalid|not (?:match|allowed|registered|valid))/i,
    meaning: 'the app registration does not have this redirect URI',
    actor: 'operator',
    nextStep: 'compare redirect_uri with the app registration, then {reload}',
  },
]
