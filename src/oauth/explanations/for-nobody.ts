/** Refusals that are temporary. */
import { type NumberedRow, wait } from './explanation.ts'

/** Source: Microsoft's list of AADSTS numbers, https://login.microsoftonline.com/error. */
export const forNobody: NumberedRow[] = [
  [
    [90033, 50033, 50087, 70012, 90006, 90012, 90024, 90090, 90091, 50000, 230109],
    'Microsoft has a temporary fault',
    wait,
  ],
  [[50196, 90055], 'the same request was sent to Microsoft too often', wait],
  [[50088], 'too many calls for the second factor (MFA) were made', wait],
  [[50166, 40010], "the organization's own identity provider has a temporary fault", wait],
  [
    [80001, 80002, 80005, 80014],
    "the organization's own servers did not check the password in time",
    wait,
  ],
  [
    [50053],
    'the account is locked for a while, or this network is suspected of an attack',
    'wait ten minutes, then {login}; if it is still locked then, an administrator can see why in the sign-in logs',
  ],
]
