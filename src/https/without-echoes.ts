/** What is shorter is not a secret, and may be part of any word. */
const shortestSecret = 8
const secretFields = [
  'refresh_token',
  'token',
  'code',
  'code_verifier',
  'device_code',
  'client_secret',
  'client_assertion',
  'assertion',
]

/**
 * A refusal without the secrets of the form it refuses: a server may explain what it was sent. A message
 * is not a form.
 */
export function withoutEchoes(refusal: string, sent: string | Buffer | undefined): string {
  if (typeof sent !== 'string') return refusal
  const fields = new URLSearchParams(sent)
  return secretFields
    .flatMap((name) => fields.getAll(name))
    .filter((secret) => secret.length >= shortestSecret)
    .reduce((text, secret) => text.replaceAll(secret, '[...]'), refusal)
}
