/** Next steps that stand in more than one hint. */

/** Where only the operator helps, and nobody knows better. */
export const compareRegistration =
  'compare the account with the app registration; then run "cms-oauth reload"'

/** Where what answered is no authorization server. */
export const checkEndpoints =
  'check the endpoints of the account; a proxy may have answered instead'
