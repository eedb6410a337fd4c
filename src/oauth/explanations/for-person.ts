/** Refusals that the owner of the mailbox can fix by signing in. */
import type { NumberedRow } from './explanation.ts'

const register = 'register one at https://aka.ms/mfasetup, then {login}'
const finish = 'the sign-in was not finished on the page of Microsoft'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forPerson: NumberedRow[] = [
  [
    [50173],
    'the password was changed or reset, or an administrator revoked the sign-ins',
    '{login}',
  ],
  [[700082], 'it was not used for 90 days', '{login}'],
  [[70008, 70044], 'it was not used for too long, or has reached its maximum age', '{login}'],
  [
    [70043, 70046],
    'the organization requires a new sign-in at intervals (sign-in frequency)',
    '{login}; an administrator can lengthen the sign-in frequency in Conditional Access',
  ],
  [
    [70000],
    'the refresh token is not valid any more, or belongs to another application',
    '{login}',
  ],
  [[7000012, 700005], 'the sign-in was made in another tenant', '{login}'],
  [
    [700084, 700081],
    'the app registration is a single-page application, whose sign-ins last a day',
    'move the redirect URI to "Mobile and desktop applications", then {login}',
  ],
  [[50076, 50074], 'a second factor (MFA) is required now', '{login} and give it'],
  [
    [500121],
    'the second factor (MFA) was refused, or was not given in time',
    '{login} and give it',
  ],
  [[50078], 'the second factor (MFA) was given too long ago', '{login} and give it again'],
  [[50079, 50072, 53004], 'a second factor (MFA) is required, but none is registered', register],
  [[50132], 'the session was revoked, or its password has expired', '{login}'],
  [[50133], 'the password has expired or was changed', '{login}'],
  [[50144, 50055], 'the password has expired', 'change the password, then {login}'],
  [
    [50135],
    'the password must be changed, because the account is at risk',
    'change the password, then {login}',
  ],
  [[50125], 'the password must be reset or registered first', 'finish that, then {login}'],
  [[50126, 50056, 50064], 'the password given was wrong', '{login}'],
  [
    [65001],
    'nobody has consented to what the application asks for',
    '{login} and accept; where that is not allowed, an administrator grants consent',
  ],
  [[65004], 'the consent was declined', '{login} and accept'],
  [[50158], 'an external service must check the sign-in first', '{login}'],
  [
    [
      50058, 50089, 50136, 50140, 50143, 50168, 50197, 50199, 16001, 16002, 160021, 90007, 90016,
      90086, 1000000, 1000002, 165900,
    ],
    finish,
    '{login}',
  ],
  [[50085, 50139], 'the identity provider behind the account requires a new sign-in', '{login}'],
  [[54005, 90056, 900561], 'the code of the sign-in was used already', '{login}'],
  [
    [501481, 50147, 501491],
    'the answer of Microsoft belongs to another sign-in than the one that is open',
    '{login}, and use only the page that it names',
  ],
  [
    [50134],
    'the code of the device sign-in was entered in another region of Microsoft',
    '{login} without --device',
  ],
  [
    [530033],
    'the organization requires a managed device, and a device code does not show one',
    '{login} with --paste, in the browser of a managed device',
  ],
  [
    [530036],
    'the organization no longer allows sign-ins that were made with a device code',
    '{login} without --device',
  ],
  [
    [650051],
    'Microsoft is still adding the application to the tenant, or an older one of its name is in the way',
    'wait some minutes, then {login}; if it keeps happening, an administrator must delete it in "Enterprise applications"',
  ],
  [[90013, 90022], 'what was entered on the page of Microsoft is not valid', '{login}'],
  [
    [50180, 51006, 81004, 81005, 81006, 81007, 81009, 81010, 81011, 81012],
    'the single sign-on of Windows did not work',
    '{login}, and give the password on the page of Microsoft',
  ],
  [
    [50192],
    'the browser sent no certificate to sign in with',
    '{login} in a browser that has the certificate, or choose another way to sign in',
  ],
  [
    [120000, 120002, 120003, 120004, 120018],
    'the new password was not accepted, or the old one was wrong',
    'change the password, then {login}',
  ],
  [
    [130004, 130005, 130006, 130008, 135010],
    'the key of Windows Hello was not accepted',
    '{login}, and choose another way to sign in',
  ],
  [
    [80012],
    'the organization does not allow sign-ins at this hour',
    '{login} within the hours that it allows',
  ],
  [
    [90036, 90092, 50086],
    'Microsoft could not complete the sign-in',
    '{login}; if it fails again, give the correlation id to the support of Microsoft',
  ],
  [[700020], 'the sign-in must be confirmed by a person', '{login}'],
  [
    [70018, 70019, 90119, 90120],
    'the code of the device sign-in was wrong, or has expired',
    '{login}',
  ],
]
