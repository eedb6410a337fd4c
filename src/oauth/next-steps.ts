/** Next steps that more than one hint uses. */

/** If only the operator can fix it, and nothing more precise is known. */
export const compareRegistration =
  'compare the account with the app registration; then run "cms-oauth reload"'

/** If the answer did not come from an authorization server. */
export const checkEndpoints =
  'check the endpoints of the account; a proxy may have answered instead'
