/**
 * What providers answer to the usual mistakes, word for word; who must act, and what the next step must
 * name. An answer that is not of RFC 6749 is given as its JSON.
 */
import type { Actor, ErrorCode } from '../../src/errors.ts'
import type { RefusedRequest } from '../../src/oauth/refusal.ts'

/** One mistake. */
export interface Mistake {
  what: string
  request: RefusedRequest
  status: number
  answer: Record<string, unknown>
  code: ErrorCode
  actor: Actor
  step: RegExp
}

/** By provider; the columns are those of a Mistake, the answer in two: word and description. */
const tables: Record<string, string> = {
  Google: `
    another client secret | refresh | 401 | invalid_client | Unauthorized | provider_rejected | administrator | client secret
    a client_id that is not there | refresh | 401 | invalid_client | The OAuth client was not found. | provider_rejected | administrator | client_id
    a deleted client | refresh | 401 | deleted_client | The OAuth client was deleted. | provider_rejected | administrator | restore
    a disabled client | refresh | 401 | disabled_client | The OAuth client was disabled. | provider_rejected | administrator | enable
    no client secret | sign-in | 400 | invalid_request | client_secret is missing. | provider_rejected | you | set client_secret
    a web client, with another redirect URI | sign-in | 400 | redirect_uri_mismatch | Bad Request | provider_rejected | you | redirect_uri
    a refresh token of another client | refresh | 401 | unauthorized_client | Unauthorized | provider_rejected | you | ^run "cms-oauth login
    the testing period of the consent screen is over | refresh | 400 | invalid_grant | Token has been expired or revoked. | sign_in_required | you | ^run "cms-oauth login
    a revoked refresh token | refresh | 400 | invalid_grant | Bad Request | sign_in_required | you | ^run "cms-oauth login
    a session control of the organization | refresh | 400 | {"error":"invalid_grant","error_description":"reauth related error (invalid_rapt)","error_subtype":"invalid_rapt"} |  | sign_in_required | you | ^run "cms-oauth login
    an app for another organization | sign-in | 403 | org_internal | This client is restricted to users within its organization. | provider_rejected | administrator | External
    an app that the Workspace does not trust | sign-in | 400 | admin_policy_enforced |  | provider_rejected | administrator | API controls
    the device sign-in with a desktop client | sign-in | 401 | invalid_client | Invalid client type. | provider_rejected | you | without --device
    the device sign-in for mail | sign-in | 400 | invalid_scope | Invalid device flow scope: https://mail.google.com/ | provider_rejected | you | without --device
    a misspelt scope | sign-in | 400 | invalid_scope | Some requested scopes were invalid. {valid=[openid], invalid=[https://mail.google.com/x]} | provider_rejected | administrator | scopes
    a disabled API | refresh | 403 | {"error":{"code":403,"status":"PERMISSION_DENIED","message":"Gmail API has not been used in project 123 before or it is disabled."}} |  | provider_rejected | administrator | enable
    a service account without delegation | app-token | 401 | unauthorized_client | Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested. | provider_rejected | administrator | domain-wide delegation
    a service account for an address that is not there | app-token | 400 | invalid_grant | Invalid email or User ID | provider_rejected | you | user and login_hint
    a service account whose key was deleted | app-token | 400 | invalid_grant | Invalid JWT Signature. | provider_rejected | administrator | new key
    a service account that was deleted | app-token | 400 | invalid_grant | Invalid grant: account not found | provider_rejected | administrator | service account
    a wrong clock | app-token | 400 | invalid_grant | Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim. | provider_rejected | you | clock
  `,
  'Google, in other words': `
    a client_id that is not there | refresh | 401 | invalid_client | The OAuth client was not found. | provider_rejected | administrator | ^set client_id
    another client secret | refresh | 401 | invalid_client | The provided client secret is invalid. | provider_rejected | administrator | ^compare the client secret with
  `,
  "Google's pages": `
    nobody who tests the app | sign-in | 403 | access_denied | The app is currently being tested, and can only be accessed by developer-approved testers. | provider_rejected | you | test users
    a redirect URI that another type of client has | sign-in | 400 | invalid_request | You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy. | provider_rejected | you | Desktop app
    a window within a program | sign-in | 403 | disallowed_useragent |  | provider_rejected | you | browser
    a client for web pages | sign-in | 400 | origin_mismatch |  | provider_rejected | you | Desktop app
    Advanced Protection | sign-in | 400 | policy_enforced |  | provider_rejected | you | Advanced Protection
    an app that the school has not configured | sign-in | 400 | access_not_configured |  | provider_rejected | administrator | API controls
  `,
  'Microsoft, a wrong tenant': `
    one that is not there | discovery | 400 | invalid_tenant | AADSTS90002: Tenant 'x.example' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. | provider_rejected | you | ^set tenant to .* cloud
    one that cannot be a name | discovery | 400 | invalid_tenant | AADSTS900023: Specified tenant identifier 'x y' is neither a valid DNS name, nor a valid external domain. | provider_rejected | you | ^set tenant to
    one of zeros | discovery | 400 | invalid_tenant | AADSTS900021: Requested tenant identifier '00000000-0000-0000-0000-000000000000' is not valid. | provider_rejected | you | ^set tenant to
    one without the account | sign-in | 400 | invalid_grant | AADSTS50020: User account '{EmailHidden}' from identity provider 'live.com' does not exist in tenant 'Contoso' and cannot access the application. | provider_rejected | you | ^set tenant to that of the mailbox
    one without the application | sign-in | 400 | unauthorized_client | AADSTS700016: Application with identifier 'x' was not found in the directory 'Contoso'. | provider_rejected | administrator | ^compare client_id and tenant with
    common, for an application of one tenant | sign-in | 400 | invalid_request | AADSTS50194: Application 'x' is not configured as a multi-tenant application. | provider_rejected | you | ^set tenant to
    consumers, for an application of an organization | sign-in | 400 | unauthorized_client | The client does not exist or is not enabled for consumers. | provider_rejected | you | personal accounts, or set tenant
    the same with a number | sign-in | 400 | unauthorized_client | AADSTS70002: The client does not exist or is not enabled for consumers. | provider_rejected | you | personal accounts, or set tenant
    a personal account | sign-in | 400 | invalid_request | AADSTS500200: User account '{EmailHidden}' is a personal Microsoft account. Personal Microsoft accounts are not supported for this application unless explicitly invited to an organization. | provider_rejected | you | set tenant = "consumers"
  `,
  'Microsoft, for personal accounts': `
    a secret of a public client | sign-in | 400 | invalid_request | Public clients can't send a client secret. | provider_rejected | you | ^remove client_secret
    the same with a number | refresh | 400 | invalid_request | AADSTS90023: Public clients can't send a client secret. | provider_rejected | you | ^remove client_secret
    no secret | sign-in | 400 | invalid_client | AADSTS70002: The provided request must include a 'client_secret' input parameter. | provider_rejected | administrator | ^set a client secret
    another scope | sign-in | 400 | invalid_scope | The provided value for the input parameter 'scope' is not valid. The scope 'x' does not exist. | provider_rejected | you | ^correct scopes
    another redirect URI | sign-in | 400 | invalid_request | The provided value for the input parameter 'redirect_uri' is not valid. The expected value is a URI which matches a redirect URI registered for this client application. | provider_rejected | you | redirect_uri
    a request without scopes | refresh | 400 | invalid_request | AADSTS900144: The request body must contain the following parameter: 'scope'. | provider_rejected | you | ^compare scopes
    more than was consented to | refresh | 400 | invalid_grant | AADSTS70000: The request was denied because one or more scopes requested are unauthorized or expired. The user must first sign in and grant the client application access to the requested scope. | sign_in_required | you | login user@example.com" and accept
    a refresh token that is not valid | refresh | 400 | invalid_grant | AADSTS70000: The provided value for the input parameter 'refresh_token' or 'assertion' is not valid. | sign_in_required | you | ^run "cms-oauth login
  `,
  'Microsoft, an application on its own': `
    the scopes of a person | app-token | 400 | invalid_scope | AADSTS1002012: The provided value for scope https://outlook.office365.com/IMAP.AccessAsUser.All is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier. | provider_rejected | you | ^leave out "scopes"
    token protection | app-token | 400 | invalid_grant | AADSTS530084: Access has been blocked by conditional access token protection policy. | provider_rejected | administrator | token protection
  `,
  Yahoo: `
    another client_id | sign-in | 400 | INVALID_CLIENT | client_id is invalid | provider_rejected | administrator | client_id
    another client secret | refresh | 401 | INVALID_CLIENT_SECRET | provided secret does not match | provider_rejected | administrator | client secret
    another redirect URI | sign-in | 400 | INVALID_REDIRECT_URI | redirect_uri does not match | provider_rejected | you | redirect_uri
    a redirect URI with a port | sign-in | 401 | INVALID_CALLBACK | unsupported port | provider_rejected | you | redirect_uri
    an expired refresh token | refresh | 401 | TOKEN_EXPIRED |  | sign_in_required | you | ^run "cms-oauth login
    an invalid refresh token | refresh | 400 | INVALID_REFRESH_TOKEN |  | sign_in_required | you | ^run "cms-oauth login
    an access that was taken back | refresh | 403 | ACCOUNT_NOT_AUTHORIZED |  | sign_in_required | you | ^run "cms-oauth login
    mail that was not approved for the app | sign-in | 400 | invalid_scope | invalid scope | provider_rejected | administrator | scopes
  `,
  Fastmail: `
    another client_id | sign-in | 401 | invalid_client | Client authentication failed | provider_rejected | administrator | client_id
    a revoked refresh token | refresh | 400 | invalid_grant | The refresh token is invalid. | sign_in_required | you | ^run "cms-oauth login
  `,
  Okta: `
    another client secret | refresh | 401 | invalid_client | The client secret supplied for a confidential client is invalid. | provider_rejected | administrator | client secret
    another client_id | sign-in | 401 | {"errorCode":"invalid_client","errorSummary":"Invalid value for 'client_id' parameter.","errorId":"oae"} |  | provider_rejected | administrator | client_id
    a grant type that is not ticked | refresh | 400 | unauthorized_client | The client is not authorized to use the provided grant type. Configured grant types: [authorization_code]. | provider_rejected | administrator | refresh/kind of sign-in/grant
    a person who is not assigned | sign-in | 400 | access_denied | User is not assigned to the client application. | provider_rejected | administrator | assign
    a policy that refuses | sign-in | 400 | access_denied | Policy evaluation failed for this request, please check the policy configurations. | provider_rejected | administrator | polic
    scopes that the server does not have | app-token | 400 | invalid_scope | One or more scopes are not configured for the authorization server resource. | provider_rejected | administrator | scopes
    another redirect URI | sign-in | 400 | invalid_request | The 'redirect_uri' parameter must be a Login redirect URI in the client app settings: https://dev-1-admin.okta.com/admin/app/oidc_client/instance/0oa#tab-general | provider_rejected | you | redirect_uri
    an expired refresh token | refresh | 400 | invalid_grant | The refresh token is invalid or expired. | sign_in_required | you | ^run "cms-oauth login
  `,
  Keycloak: `
    another client secret | refresh | 401 | unauthorized_client | Invalid client or Invalid client credentials | provider_rejected | administrator | client secret
    a secret that is missing | refresh | 401 | unauthorized_client | Client secret not provided in request | provider_rejected | you | set client_secret
    another client_id | sign-in | 401 | invalid_client | Invalid client credentials | provider_rejected | administrator | client_id
    no service account | app-token | 401 | unauthorized_client | Client not enabled to retrieve service account | provider_rejected | administrator | service account
    no device sign-in | sign-in | 400 | unauthorized_client | Client is not allowed to initiate OAuth 2.0 Device Authorization Grant. The flow is disabled for the client. | provider_rejected | administrator | device
    no offline token | sign-in | 400 | not_allowed | Offline tokens not allowed for the user or client | provider_rejected | administrator | offline_access
    another redirect URI | sign-in | 400 | invalid_grant | Incorrect redirect_uri | provider_rejected | you | redirect_uri
    another realm | refresh | 404 | Realm does not exist |  | provider_rejected | you | authority
    an ended session | refresh | 400 | invalid_grant | Session not active | sign_in_required | you | ^run "cms-oauth login
    a disabled person | refresh | 400 | invalid_grant | User disabled | provider_rejected | administrator | enable
    a moved server | refresh | 400 | invalid_grant | Invalid token issuer. Expected 'https://a/realms/x' | sign_in_required | you | ^run "cms-oauth login
    a scope that is not there | sign-in | 400 | invalid_scope | Invalid scopes: openid mail | provider_rejected | administrator | scopes
  `,
  Zitadel: `
    another redirect URI | sign-in | 400 | invalid_request | The requested redirect_uri is missing in the client configuration. If you have any questions, you may contact the administrator of the application. | provider_rejected | you | redirect_uri
    another client_id | sign-in | 400 | invalid_request | Errors.App.NotFound | provider_rejected | administrator | client_id
    no refresh token | refresh | 400 | unauthorized_client | grant_type "refresh_token" not supported for this client | provider_rejected | administrator | refresh/kind of sign-in/grant
    an expired refresh token | refresh | 400 | invalid_grant | Errors.User.RefreshToken.Invalid | sign_in_required | you | ^run "cms-oauth login
  `,
  authentik: `
    another client secret | refresh | 400 | invalid_client | Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method) | provider_rejected | administrator | client secret
    another redirect URI | sign-in | 400 | redirect_uri | The request fails due to a missing, invalid, or mismatching redirection URI (redirect_uri). | provider_rejected | you | redirect_uri
    an expired refresh token | refresh | 400 | invalid_grant | The provided authorization grant or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client | sign_in_required | you | ^run "cms-oauth login
  `,
  Auth0: `
    another client secret | refresh | 401 | access_denied | Unauthorized | provider_rejected | administrator | client secret
    another client_id | sign-in | 400 | invalid_request | Unknown client: abc | provider_rejected | administrator | client_id
    no refresh token | refresh | 403 | unauthorized_client | Grant type 'refresh_token' not allowed for the client. | provider_rejected | administrator | refresh/kind of sign-in/grant
    another redirect URI | sign-in | 403 | unauthorized_client | Callback URL mismatch. http://127.0.0.1:1/ is not in the list of allowed callback URLs | provider_rejected | you | redirect_uri
    an API that is not there | app-token | 403 | access_denied | Service not enabled within domain: https://mail.example.com | provider_rejected | administrator | API/service
    an expired refresh token | refresh | 403 | invalid_grant | Unknown or invalid refresh token. | sign_in_required | you | ^run "cms-oauth login
    a blocked person | refresh | 403 | unauthorized | user is blocked | provider_rejected | administrator | block
  `,
}

/** By provider. */
export const mistakes: Record<string, Mistake[]> = Object.fromEntries(
  Object.entries(tables).map(([provider, table]) => [
    provider,
    table.trim().split('\n').map(mistakeIn),
  ]),
)

function mistakeIn(row: string): Mistake {
  const cells = row.split('|').map((cell) => cell.trim())
  const [what = '', request, status, word = '', description, code, actor, step = ''] = cells
  return {
    what,
    request: request as RefusedRequest,
    status: Number(status),
    answer: word.startsWith('{')
      ? (JSON.parse(word) as Record<string, unknown>)
      : { error: word, ...(description === '' ? {} : { error_description: description }) },
    code: code as ErrorCode,
    actor: actor as Actor,
    step: new RegExp(step.replaceAll('/', '|'), 'i'),
  }
}
