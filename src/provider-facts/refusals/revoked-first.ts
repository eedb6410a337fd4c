/** How a step begins where a server may refuse a token only because it was revoked before it expired. */
export const revokedFirst =
  'run "cms-oauth refresh {user}", in case the token was revoked; if it is refused again, '
