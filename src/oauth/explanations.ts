import type { Actor, ProviderAnswer } from '../errors.ts'
import { plainWord } from './plain-word.ts'

/**
 * What the refusals of providers mean: one plain sentence, who ends the trouble, and the next step.
 * Numbers are Microsoft's (AADSTS), words are those of RFC 6749 and of the providers. What is not
 * here is shown in the provider's own words.
 */
export interface Explanation {
  /** Microsoft's number, which decides where the answer has one. */
  aadsts?: number
  /** The OAuth `error` of the answer. */
  error?: string
  /** What its `error_description` must say besides. */
  description?: RegExp
  /** Without subject and full stop; absent: the provider's own words are plain enough. */
  meaning?: string
  actor: Actor
  /** `{login}` stands for the command that signs in. */
  nextStep: string
}

/** Microsoft's numbers with their meaning and the next step. */
type NumberedRow = [numbers: number[], meaning: string, nextStep: string]

const wait = 'nothing: it is tried again by itself'
const compare = 'compare client_id and tenant with the app registration'
const register = 'register one at https://aka.ms/mfasetup, then {login}'

const forYou: NumberedRow[] = [
  [
    [50173],
    'the password was changed or reset, or an administrator revoked the sign-ins',
    '{login}',
  ],
  [[700082], 'it was not used for 90 days', '{login}'],
  [[70008], 'it was not used for too long, or has reached its last day', '{login}'],
  [
    [70043],
    'the organization wants a new sign-in every so often (sign-in frequency)',
    '{login}; an administrator can lengthen the sign-in frequency in Conditional Access',
  ],
  [
    [70000],
    'the refresh token is not valid any more, or belongs to another application',
    '{login}',
  ],
  [
    [700084],
    'the app registration is a single-page application, whose sign-ins last a day',
    'move the redirect URI to "Mobile and desktop applications", then {login}',
  ],
  [[50076, 50074], 'a second factor (MFA) is asked for now', '{login} and give it'],
  [[50078], 'the second factor (MFA) was given too long ago', '{login} and give it again'],
  [[50079, 50072], 'a second factor (MFA) is wanted, and none is registered', register],
  [[50132], 'the session was revoked, or its password has expired', '{login}'],
  [[50133], 'the password has expired or was changed', '{login}'],
  [[50144, 50055], 'the password has expired', 'change the password, then {login}'],
  [
    [65001],
    'nobody has consented to what the application asks for',
    '{login} and accept; where that is not allowed, an administrator grants consent',
  ],
  [[65004], 'the consent was declined', '{login} and accept'],
  [[50158], 'an outside service must check the sign-in first', '{login}'],
  [
    [90002],
    'the tenant does not exist in this cloud',
    'correct tenant and cloud, then run "cms-oauth reload"',
  ],
  [
    [50020, 50034, 90072],
    'the address has no account in this tenant',
    'compare tenant with the domain of the address, and login_hint with who signs in',
  ],
  [
    [50194],
    'the application is for one tenant only',
    'set tenant to the "Directory (tenant) ID", then run "cms-oauth reload"',
  ],
  [
    [700024],
    'the assertion of the client lies outside its time',
    'compare the clock of this machine with the true time ("cms-oauth doctor")',
  ],
]

const forAdministrator: NumberedRow[] = [
  [
    [53003],
    'Conditional Access of the organization blocks it',
    'an administrator must admit this application or machine in Conditional Access',
  ],
  [
    [53000, 53001, 50131],
    'the organization wants a managed device',
    'an administrator must enrol this machine, or admit it in Conditional Access',
  ],
  [[50057], 'the account is disabled', 'an administrator can enable it'],
  [
    [50105],
    'the account is not assigned to the application',
    'an administrator must assign the account to the application',
  ],
  [[70001], 'the application is disabled, or unknown in this tenant', compare],
  [[700016], 'the application is unknown in this tenant', compare],
  [
    [7000112],
    'the application is disabled',
    'an administrator must enable it under "Enterprise applications"',
  ],
  [
    [50011],
    'the app registration does not have this redirect URI',
    'add http://localhost to it under "Mobile and desktop applications"',
  ],
  [
    [70011, 500011, 650053],
    'the application may not ask for these permissions',
    'compare scopes with "API permissions" of the app registration',
  ],
  [
    [7000215],
    'the client secret is wrong',
    'configure the value of the client secret, not its ID; it is shown only when it is made',
  ],
  [
    [7000222],
    'the client secret has ended',
    'make a new client secret in the app registration, and configure its value',
  ],
  [
    [7000218],
    'the application is no public client, and sent no secret',
    'set a client secret, or allow public client flows in the app registration',
  ],
  [
    [700027],
    'the client certificate is not one of the app registration',
    'upload the certificate to the app registration',
  ],
  [
    [70021, 700211, 700212, 700213],
    'no federated credential of the app registration fits the assertion',
    'compare issuer, subject and audience of the assertion with "Federated credentials" of the app registration',
  ],
  [
    [7000229],
    'the application has no service principal in this tenant',
    'an administrator must grant it admin consent there',
  ],
]

const forNobody: NumberedRow[] = [
  [[90033, 50033, 50087, 70012], 'Microsoft has a passing fault', wait],
  [[50196], 'Microsoft was asked the same too often', wait],
]

/** The first that fits. */
const byWord: Explanation[] = [
  {
    error: 'invalid_grant',
    description: /invalid_rapt/,
    meaning: 'the organization wants a new sign-in every so often (Google Cloud session control)',
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
      'the password was changed, the access was taken back, or it was not used for six months',
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
    nextStep: 'restore it in the Google Cloud console, or configure another client_id',
  },
  {
    error: 'invalid_client',
    actor: 'administrator',
    nextStep:
      'compare client_id and the client secret with the app registration; a secret may have ended',
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
    nextStep: 'compare scopes with the permissions of the app registration',
  },
  { error: 'temporarily_unavailable', actor: 'nobody', nextStep: wait },
  { error: 'server_error', actor: 'nobody', nextStep: wait },
  { error: 'slow_down', actor: 'nobody', nextStep: wait },
]

/** Every row, for whoever holds them against real answers. */
export const explanations: readonly Explanation[] = [
  ...numbered('you', forYou),
  ...numbered('administrator', forAdministrator),
  ...numbered('nobody', forNobody),
  ...byWord,
]

function numbered(actor: Actor, rows: readonly NumberedRow[]): Explanation[] {
  return rows.flatMap(([numbers, meaning, nextStep]) =>
    numbers.map((aadsts) => ({ aadsts, meaning, actor, nextStep })),
  )
}

/** The row for a refusal; undefined: its own words must do. */
export function findExplanation(answer: ProviderAnswer): Explanation | undefined {
  const { aadsts, description = '' } = answer
  const word = plainWord(answer.error ?? '')
  return (
    explanations.find((row) => aadsts !== undefined && row.aadsts === aadsts) ??
    byWord.find((row) => row.error === word && (row.description?.test(description) ?? true))
  )
}
