/** What of an account may be known to expire, each as a person reads it. */
export const endNames = {
  sign_in: 'sign-in',
  client_secret: 'client secret',
  client_certificate: 'client certificate',
} as const
