/** What an administrator of the organization must resolve, and no sign-in does. */
import type { NumberedRow } from './explanation.ts'

const compare = 'compare client_id and tenant with the app registration'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forAdministrator: NumberedRow[] = [
  [
    [53003, 530032],
    'the Conditional Access of the organization blocks it',
    'an administrator must allow this application or machine in Conditional Access',
  ],
  [
    [53000, 53001, 50131],
    'the organization requires a managed device',
    'an administrator must enrol this machine, or allow it in Conditional Access',
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
    [7000112, 1000031],
    'the application is disabled',
    'an administrator must enable it under "Enterprise applications"',
  ],
  [
    [50011, 500113, 900971],
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
    'the client secret has expired',
    'make a new client secret in the app registration, and configure its value',
  ],
  [
    [7000218],
    'the application is not a public client, and sent no secret',
    'set a client secret, or allow public client flows in the app registration',
  ],
  [
    [700027],
    'the client certificate is not in the app registration',
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
  [
    [90094, 90093, 90095, 90099, 90008],
    'only an administrator may consent to this application',
    'an administrator must grant admin consent under "Enterprise applications"',
  ],
  [
    [530003, 50097, 700003, 50129, 50155, 50187],
    'the organization requires a device that it knows',
    'an administrator must register this machine, or allow it in Conditional Access',
  ],
  [
    [53002, 53009],
    'the organization allows only approved applications',
    'an administrator must allow this application in Conditional Access',
  ],
  [
    [50005],
    'Conditional Access does not allow this platform',
    'an administrator must allow it in Conditional Access',
  ],
  [
    [530035],
    "the tenant's Security Defaults block it",
    'an administrator must replace Security Defaults with Conditional Access policies',
  ],
  [
    [53011, 530034],
    'the account or its sign-ins are considered at risk',
    'an administrator must clear the risk in Entra ID Protection',
  ],
  [
    [53010],
    'the second factor (MFA) can be registered from certain places only',
    'an administrator must allow this place, or register it for you',
  ],
  [
    [500014],
    'the service principal of Exchange Online is disabled in this tenant',
    'an administrator must enable "Office 365 Exchange Online" under "Enterprise applications"',
  ],
  [
    [650052],
    'the organization has not subscribed to Exchange Online, or has not enabled it',
    'an administrator must check its subscriptions',
  ],
  [
    [500021, 500022, 500212, 500213, 50002],
    'the organization does not let accounts or machines of this kind into the tenant',
    'an administrator must allow it in the cross-tenant or tenant restriction settings',
  ],
  [[700011], 'the application is unknown in this tenant', compare],
  [
    [65005, 650054, 650056, 650057],
    'the app registration lacks the permissions that are asked for',
    'add them under "API permissions" of the app registration and grant admin consent',
  ],
  [
    [50001],
    'the service that is asked for is disabled in this tenant, or is not there',
    'an administrator must enable it under "Enterprise applications"',
  ],
  [
    [70002],
    'the client secret does not belong to the application',
    'configure the value of the client secret, not its ID; it is shown only when it is made',
  ],
  [
    [700030, 50012],
    'the client certificate is not accepted',
    'upload the certificate to the app registration',
  ],
]
