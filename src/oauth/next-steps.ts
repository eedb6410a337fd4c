/** Next steps that more than one hint uses. */

/** What ends every change of the configuration. */
export const reload = 'run "cms-oauth reload"'

/** If only the operator can fix it, and nothing more precise is known; a reload follows. */
export const compareRegistration = 'compare the account with the app registration'

/** Where a network keeps back all until somebody has signed in to it: a captive portal. */
export const openAnyPage = 'open any web page in a browser on this network'

/** If the answer did not come from an authorization server. */
export const checkEndpoints = `check the endpoints that the account names, if any; otherwise a proxy, or a network that requires a sign-in of its own (captive portal), answered instead: ${openAnyPage}`
