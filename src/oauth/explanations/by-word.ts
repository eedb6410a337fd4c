import { type Explanation, wait } from './explanation.ts'

/**
 * The first row that matches counts, so a word with a description is listed before the word alone.
 */
export const byWord: Explanation[] = [
  {
    error: 'invalid_grant',
    description: /invalid_rapt/,
    meaning: 'the organization requires a new sign-in at intervals (Google Cloud session control)',
    actor: 'you',
    nextStep: '{login}; an administrator can exempt the application',
  },
  {
    error: 'invalid_grant',
    description: /^Account (has been )?(deleted|disabled)/i,
    meaning: 'the account is disabled or deleted',
    actor: 'administrator',
    nextStep: 'an administrator of the Workspace can restore it',
  },
  {
    error: 'invalid_grant',
    description: /^Token has been expired or revoked/,
    meaning:
      'the password was changed, the access was taken back, it was idle for six months, or seven days passed in "Testing"',
    actor: 'you',
    nextStep: '{login}',
  },
  { error: 'invalid_grant', actor: 'you', nextStep: '{login}' },
  { error: 'interaction_required', actor: 'you', nextStep: '{login}' },
  { error: 'login_required', actor: 'you', nextStep: '{login}' },
  { error: 'consent_required', actor: 'you', nextStep: '{login} and accept' },
  { error: 'account_selection_required', actor: 'you', nextStep: '{login}' },
  {
    error: 'admin_policy_enforced',
    meaning: 'the Workspace does not trust this application with mail',
    actor: 'administrator',
    nextStep: 'an administrator must trust it under "API controls" of the Admin console',
  },
  {
    error: 'org_internal',
    meaning: 'the application is for the accounts of another organization only',
    actor: 'administrator',
    nextStep: 'make the audience of the app "External", or use an app of your own',
  },
  {
    error: 'deleted_client',
    meaning: 'the OAuth client was deleted',
    actor: 'administrator',
    nextStep:
      'restore it in the Google Cloud console, or configure another client_id, then {reload}',
  },
  ...[
    'redirect_uri_mismatch',
    'invalid_redirect_uri',
    'unsupported_redirect_uri',
    'bad_redirect_uri',
    'invalid_callback',
    'invalid_callback_url',
  ].map((error): Explanation => ({
    error,
    meaning: 'the app registration does not have this redirect URI',
    actor: 'operator',
    nextStep: 'compare redirect_uri with the app registration, then {reload}',
  })),
  {
    error: 'invalid_client_secret',
    meaning: 'the client secret is wrong',
    actor: 'administrator',
    nextStep: 'compare the client secret with the app registration, then {reload}',
  },
  {
    error: 'disabled_client',
    meaning: 'the OAuth client is disabled',
    actor: 'administrator',
    nextStep:
      'enable it in the Google Cloud console, or configure another client_id, then {reload}',
  },
  {
    error: 'restricted_client',
    meaning: 'the OAuth client may not ask for these scopes',
    actor: 'administrator',
    nextStep: 'compare scopes with the consent screen of the app registration, then {reload}',
  },
  {
    error: 'invalid_client',
    actor: 'administrator',
    nextStep:
      'compare client_id and the client secret, which may have expired, with the app registration, then {reload}',
  },
  {
    error: 'unauthorized_client',
    actor: 'administrator',
    nextStep:
      'allow this kind of sign-in in the app registration (public client, tenant, account types)',
  },
  {
    error: 'invalid_scope',
    actor: 'administrator',
    nextStep: 'compare scopes with the permissions of the app registration, then {reload}',
  },
  { error: 'temporarily_unavailable', actor: 'nobody', nextStep: wait },
  { error: 'server_error', actor: 'nobody', nextStep: wait },
  { error: 'slow_down', actor: 'nobody', nextStep: wait },
]
