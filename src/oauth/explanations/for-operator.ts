/** Refusals that a change of the configuration fixes, not a sign-in. */
import type { NumberedRow } from './explanation.ts'

const setTenant = 'set tenant to the "Directory (tenant) ID", then {reload}'
const setTenantOfMailbox =
  'set tenant to that of the mailbox ("Directory (tenant) ID" or a domain), or login_hint to who signs in, then {reload}'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forOperator: NumberedRow[] = [
  [
    [90002, 900023, 900021, 90038, 90051],
    'tenant is wrong, since there is no such tenant in this cloud',
    'set tenant to the "Directory (tenant) ID" or a domain of the organization, and cloud if it is national, then {reload}',
  ],
  [
    [50020, 50034, 90072, 16000, 16003, 50014, 51004],
    'the address has no account in this tenant',
    setTenantOfMailbox,
  ],
  [[500207, 500208], 'the tenant does not take accounts of this kind', setTenantOfMailbox],
  [[50194], 'the application is for one tenant only', setTenant],
  [
    [500200],
    'the account is a personal one, and the application is for work and school accounts only',
    'let the app registration take personal Microsoft accounts and set tenant = "consumers", then {reload}',
  ],
  [
    [1002012],
    'an application on its own can only ask for a scope that ends in "/.default"',
    'leave out "scopes", then {reload}',
  ],
  [
    [9001023],
    'an application on its own cannot sign in at "common" or "consumers"',
    'set tenant to the "Directory (tenant) ID", then {reload}',
  ],
  [[50059, 90019, 50128, 90124, 90126, 90130], 'the tenant is not specified', setTenant],
  [
    [9002346, 9002331],
    'the application is for personal Microsoft accounts only',
    'set tenant = "consumers", then {reload}',
  ],
  [
    [9002332],
    'the application is for work and school accounts only',
    'set tenant = "organizations" or the "Directory (tenant) ID", then {reload}',
  ],
  [
    [700024, 500133],
    'the client assertion has expired or is not valid yet',
    'check the clock of this machine ("cms-oauth doctor")',
  ],
  [
    [700025],
    'the application is a public client, and a secret was sent',
    'remove client_secret from the account, then {reload}',
  ],
  [
    [9002326, 9002327],
    'the redirect URI is registered for a single-page application',
    'move the redirect URI to "Mobile and desktop applications" in the app registration',
  ],
  [
    [9002325],
    'the redirect URI is registered for a single-page application',
    'move the redirect URI to "Mobile and desktop applications" in the app registration',
  ],
  [
    [28000],
    'the scopes are of more than one service',
    'leave out "scopes", or name those of one service only, then {reload}',
  ],
  [
    [90102],
    'the redirect URI is not a whole address',
    'leave out redirect_uri, or write it like http://localhost, then {reload}',
  ],
  [
    [500117],
    'the redirect URI is neither HTTPS nor of localhost',
    'leave out redirect_uri, or set http://localhost, then {reload}',
  ],
  [
    [900439],
    'the application is one of the US Government cloud',
    'set cloud = "us-gov-high" or "us-gov-dod", then {reload}',
  ],
  [
    [1002016],
    'the connection to Microsoft used TLS 1.0 or 1.1, which cms-oauth does not',
    'check the proxy between this machine and Microsoft',
  ],
  [
    [65002],
    'the client_id belongs to Microsoft itself and cannot ask for mail',
    'register an application and configure its client_id, then {reload}',
  ],
  [
    [700038, 900144],
    'the client_id is missing, or is not an application',
    'set client_id to the "Application (client) ID" of the app registration, then {reload}',
  ],
  [
    [28002, 28003, 700022, 700023],
    'the scopes asked for are not valid',
    'correct scopes, or remove them for the default, then {reload}',
  ],
  [
    [90014, 90023, 9002313, 90004, 90100, 90117, 90121],
    'Microsoft says that a value of the request is missing or not valid',
    'compare client_id, tenant, scopes and redirect_uri with the app registration, then {reload}',
  ],
  [
    [90101, 90125, 50029],
    'the address is not one that Microsoft knows',
    'correct user and login_hint, then {reload}',
  ],
  [[90015], 'the request is too long', 'name fewer scopes, or leave out "scopes", then {reload}'],
  [
    [900382, 900432, 90043],
    'the tenant is in another cloud of Microsoft, where this client cannot be used',
    'correct cloud and tenant, then {reload}',
  ],
  [
    [50049, 50050, 50169],
    'the authority is not one of Microsoft',
    'leave out authority, or correct it, then {reload}',
  ],
  [
    [50006, 50013, 50027, 900384, 700021, 7000219, 50048],
    'the client assertion is not valid',
    'compare client_id, client_certificate_file or client_assertion_file with the app registration, then {reload}',
  ],
  [
    [50032],
    'the key of the client certificate is too short',
    'make a certificate with a key of at least 2048 bits and upload it to the app registration',
  ],
  [
    [90009],
    'the scopes ask for a token of the application itself',
    'leave out "scopes", or name those of Outlook, then {reload}',
  ],
]
