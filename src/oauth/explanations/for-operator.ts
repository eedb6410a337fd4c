/** What a change of the configuration resolves, and no sign-in does. */
import type { NumberedRow } from './explanation.ts'

const setTenant = 'set tenant to the "Directory (tenant) ID", then run "cms-oauth reload"'
const compareTenant =
  'compare tenant with the domain of the address, and login_hint with who signs in'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forOperator: NumberedRow[] = [
  [
    [90002, 900023, 90038, 90051],
    'the tenant does not exist in this cloud',
    'correct tenant and cloud, then run "cms-oauth reload"',
  ],
  [
    [50020, 50034, 90072, 16000, 16003, 50014, 51004],
    'the address has no account in this tenant',
    compareTenant,
  ],
  [[500208], 'the tenant does not take accounts of this kind', compareTenant],
  [[50194], 'the application is for one tenant only', setTenant],
  [
    [9001023],
    'an application on its own cannot sign in at "common" or "consumers"',
    'set tenant to the "Directory (tenant) ID", then run "cms-oauth reload"',
  ],
  [[50059, 90019, 50128, 90124, 90130], 'the tenant is not specified', setTenant],
  [
    [9002346, 9002331],
    'the application is for personal Microsoft accounts only',
    'set tenant = "consumers", then run "cms-oauth reload"',
  ],
  [
    [9002332],
    'the application is for work and school accounts only',
    'set tenant = "organizations" or the "Directory (tenant) ID", then run "cms-oauth reload"',
  ],
  [
    [700024, 500133],
    'the client assertion has expired or is not valid yet',
    'check the clock of this machine ("cms-oauth doctor")',
  ],
  [
    [700025],
    'the application is a public client, and a secret was sent',
    'remove client_secret from the account, then run "cms-oauth reload"',
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
    'leave out "scopes", or name those of one service only, then run "cms-oauth reload"',
  ],
  [
    [90102],
    'the redirect URI is not a whole address',
    'leave out redirect_uri, or write it like http://localhost, then run "cms-oauth reload"',
  ],
  [
    [65002],
    'the client_id belongs to Microsoft itself and cannot ask for mail',
    'register an application and configure its client_id',
  ],
  [
    [700038, 900144],
    'the client_id is missing, or is not an application',
    'set client_id to the "Application (client) ID" of the app registration',
  ],
  [
    [28002, 28003, 700022, 700023],
    'the scopes asked for are not valid',
    'correct scopes, or remove them for the default, then run "cms-oauth reload"',
  ],
]
