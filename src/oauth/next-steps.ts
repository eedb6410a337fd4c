/** Next steps that more than one hint uses. */

/** What ends every change of the configuration. */
export const reload = 'run "cms-oauth reload"'

/** If only the operator can fix it, and nothing more precise is known; a reload follows. */
export const compareRegistration = 'compare the account with the app registration'

/** If the answer did not come from an authorization server. */
export const checkEndpoints =
  'check the endpoints of the account; a proxy may have answered instead'
