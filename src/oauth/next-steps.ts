/** Next steps that more than one hint uses. */

/** Where only the operator helps, and nobody knows better. */
export const compareRegistration =
  'compare the account with the app registration; then run "cms-oauth reload"'

/** Where what answered is not an authorization server. */
export const checkEndpoints =
  'check the endpoints of the account; a proxy may have answered instead'
