/** The things of an account that expire, as a person reads them. */
export const endNames = {
  sign_in: 'sign-in',
  client_secret: 'client secret',
  client_certificate: 'client certificate',
} as const
