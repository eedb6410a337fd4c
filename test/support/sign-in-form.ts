import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Provider } from 'oidc-provider'

interface Interaction {
  provider: Provider
  request: IncomingMessage
  response: ServerResponse
  /** Grants by account, for who revokes them. */
  grants: Map<string, Set<string>>
  signsInAs: (hinted: string) => string
}

/** The test server's own page: shows who signs in, and takes the decision. */
export async function answerInteraction(interaction: Interaction): Promise<void> {
  const { provider, request, response, signsInAs } = interaction
  const { params } = await provider.interactionDetails(request, response)
  const { login_hint: hinted } = params
  const user = signsInAs(typeof hinted === 'string' ? hinted : 'demo@example.com')
  if (request.method !== 'POST') {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(form(user))
    return
  }
  const decision = await readForm(request)
  const result =
    decision.get('decision') === 'allow'
      ? await consent(interaction, decision.get('user') ?? user)
      : { error: 'access_denied', error_description: 'the person said no' }
  await provider.interactionFinished(request, response, result, {
    mergeWithLastSubmission: false,
  })
}

async function consent({ provider, request, response, grants }: Interaction, accountId: string) {
  const { params } = await provider.interactionDetails(request, response)
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(`${String(params['scope'])} openid offline_access`)
  const grantId = await grant.save()
  grants.set(accountId, (grants.get(accountId) ?? new Set()).add(grantId))
  return { login: { accountId }, consent: { grantId } }
}

/** The fields of a posted form. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string
  return new URLSearchParams(body)
}

function form(user: string): string {
  const shown = user.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Test provider</title>
<h1>Test provider</h1>
<form method="post">
<p><label>Account <input name="user" value="${shown}"></label></p>
<p><button name="decision" value="allow">Sign in and allow</button>
<button name="decision" value="deny">Deny</button></p>
</form>
</html>
`
}
