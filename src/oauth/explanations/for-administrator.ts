/** Refusals that only an administrator of the organization can fix, not a sign-in. */
import type { NumberedRow } from './explanation.ts'

const compare =
  'compare client_id and tenant with the client ID and the tenant ID of the app registration, then {reload}'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forAdministrator: NumberedRow[] = [
  [
    [53003, 530031, 530032],
    'the Conditional Access of the organization blocks it',
    'an administrator must allow this application or machine in Conditional Access',
  ],
  [
    [53000, 53001, 50131],
    'the organization requires a managed device',
    'an administrator must enrol this machine, or allow it in Conditional Access',
  ],
  [[50057, 500571], 'the account is disabled', 'an administrator can enable it'],
  [
    [50105],
    'the account is not assigned to the application',
    'an administrator must assign the account to the application',
  ],
  [[70001], 'client_id or tenant is wrong, or the application is disabled', compare],
  [
    [700016],
    'client_id or tenant is wrong, or the application has no consent in this tenant yet',
    compare,
  ],
  [
    [7000112, 1000031],
    'the application is disabled',
    'an administrator must enable it under "Enterprise applications"',
  ],
  [
    [50011, 500113, 900971, 70004],
    'the app registration does not have this redirect URI',
    'add http://localhost to it under "Mobile and desktop applications"',
  ],
  [
    [70011, 500011, 650053],
    'the application may not ask for these permissions',
    'compare scopes with "API permissions" of the app registration, then {reload}',
  ],
  [
    [7000215],
    'the client secret is wrong',
    'configure the value of the client secret, not its ID (it is shown only when it is made), then {reload}',
  ],
  [
    [7000222],
    'the client secret has expired',
    'make a new client secret in the app registration, and configure its value, then {reload}',
  ],
  [
    [7000218],
    'the application is not a public client, and sent no secret',
    'set a client secret, or allow public client flows in the app registration, then {reload}',
  ],
  [
    [700027],
    'the client certificate is not in the app registration',
    'upload the certificate to the app registration',
  ],
  [
    [70021, 700211, 700212, 700213, 7002131, 700229],
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
    // https://learn.microsoft.com/troubleshoot/entra/entra-id/app-integration/error-code-aadsts530004
    [530004],
    'the organization does not accept that another organization manages the device',
    'an administrator must trust compliant devices in the cross-tenant access settings',
  ],
  [
    // https://learn.microsoft.com/entra/identity/conditional-access/concept-token-protection
    [530084],
    'Conditional Access requires tokens that are bound to a device',
    'an administrator must exempt this application from token protection',
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
    [650052, 650058],
    'the organization has not subscribed to Exchange Online, or has not enabled it',
    'an administrator must check its subscriptions',
  ],
  [
    [500021, 500022, 500212, 500213, 50002, 90084, 1000104],
    'the organization does not let accounts or machines of this kind into the tenant',
    'an administrator must allow it in the cross-tenant or tenant restriction settings',
  ],
  [
    [700011],
    'client_id or tenant is wrong, or the application has no consent in this tenant yet',
    compare,
  ],
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
    'configure the value of the client secret, not its ID (it is shown only when it is made), then {reload}',
  ],
  [
    [700030, 50012],
    'the client certificate is not accepted',
    'upload the certificate to the app registration',
  ],
  [
    [70003],
    'the app registration does not allow this kind of sign-in',
    'allow public client flows in the app registration, or set another grant, then {reload}',
  ],
  [
    [700026, 7000216],
    'the application must prove itself, and no key or secret that fits was sent',
    'configure a client secret, or upload the client certificate to the app registration, then {reload}',
  ],
  [
    [20001, 20012, 20033, 40008, 40009, 40015, 50008, 5000819, 50107, 90081, 90082, 90123],
    "the organization's own identity provider does not work with Microsoft's",
    'an administrator must check the federation of the domain',
  ],
  [
    [50015, 54000],
    'the account is of a minor, and the law of the country requires a consent',
    'an administrator must set the age group of the account and the consent',
  ],
  [
    [50161, 50170, 50177, 50178],
    'a check outside of Microsoft that the organization requires is not set up for this account',
    'an administrator must check the custom controls in Conditional Access',
  ],
  [
    [50003, 50146, 501461],
    'the application requires a signing key of its own, which is missing or has expired',
    'an administrator must check "Single sign-on" of the application',
  ],
  [
    [50042, 50043, 50120, 50124, 501241, 501621],
    'the claims that the organization has configured for the application cannot be made',
    'an administrator must check "Attributes & Claims" of the application',
  ],
  [
    [50017, 220501],
    'the certificate of the person could not be checked',
    'an administrator must check certificate-based authentication and its revocation lists',
  ],
  [
    [54008],
    'a certificate of the person is not accepted as the first factor',
    'an administrator must check certificate-based authentication',
  ],
  [
    [50127],
    'the organization requires an app that vouches for the device, such as Authenticator',
    'an administrator must allow this application in Conditional Access',
  ],
  [
    [80007, 80010, 80013],
    "the organization's own servers could not check the password",
    'an administrator must check the authentication agents and their clocks',
  ],
  [
    [120005, 120008, 120011, 120012, 120013, 120014, 120015, 120016, 120020, 120021],
    'the password must be changed, and could not be',
    'an administrator must reset the password',
  ],
  [
    [130007, 135011],
    'the device that was used to sign in is disabled',
    'an administrator must enable the device, or another way to sign in',
  ],
  [
    [17003],
    'Microsoft could not register the key of the person',
    'an administrator must allow another way to sign in',
  ],
  [[500341], 'the account was deleted', 'an administrator can restore it within 30 days'],
  [
    [5000224],
    'the tenant is blocked',
    'an administrator of the tenant must ask the support of Microsoft',
  ],
  [
    [5000225],
    'the tenant is blocked because nobody used it, and is deleted after 20 days',
    'an administrator of the tenant must ask the support of Microsoft',
  ],
  [
    [50010],
    'the service that is asked for has no audience',
    'compare scopes with "API permissions" of the app registration, then {reload}',
  ],
]
