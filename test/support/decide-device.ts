import type { Provider } from 'oidc-provider'

/**
 * Decides on a user code as a person at the test server would: who signs in, whose grant is noted;
 * undefined: nobody.
 */
export async function decideDevice(
  provider: Provider,
  userCode: string,
  accountId: string | undefined,
  grants: Map<string, Set<string>>,
): Promise<void> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace(/\W/g, ''))
  if (code === undefined) throw new Error(`nobody was given the code ${userCode}`)
  if (accountId === undefined) {
    code.error = 'access_denied'
  } else {
    const scope = `${String(code.params?.['scope'])} openid offline_access`
    const grant = new provider.Grant({ accountId, clientId: code.clientId ?? '' })
    grant.addOIDCScope(scope)
    const grantId = await grant.save()
    grants.set(accountId, (grants.get(accountId) ?? new Set()).add(grantId))
    Object.assign(code, { accountId, grantId, scope, authTime: Math.floor(Date.now() / 1_000) })
  }
  await code.save()
}
