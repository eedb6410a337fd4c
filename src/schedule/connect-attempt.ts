/**
 * Among the options of every connection to a host by its name. Where the name has several addresses, Node
 * leaves each but the last after so long, by default after 250 ms: on a slow line, or after one lost
 * packet, which comes again after a second, the server was then not reached at all
 * (https://github.com/nodejs/node/issues/54359). An address that swallows packets, as those of a broken
 * IPv6, costs as much for each connection.
 */
export const connectAttempt = { autoSelectFamilyAttemptTimeout: 2_500 }
