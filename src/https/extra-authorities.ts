/** Our programs rename the second variable to the first, since Node would read its file at each start. */
const variables = ['CMS_OAUTH_EXTRA_CA', 'NODE_EXTRA_CA_CERTS'] as const

/** The file of certificate authorities that the environment names, in PEM; undefined: none. */
export function extraAuthorities(env: NodeJS.ProcessEnv): string | undefined {
  return variables.map((name) => env[name] ?? '').find((value) => value !== '')
}
