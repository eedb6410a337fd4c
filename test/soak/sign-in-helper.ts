/**
 * A provider in a process of its own, and the person at its pages: it says its URL and authority; told what to
 * do, does it as a browser would, and says where that ended.
 */
import { startAuthorizationServer } from '../support/authorization-server.ts'
import { walkPage } from '../support/sign-in.ts'
import { walkSignIn } from '../support/walk-sign-in.ts'

const server = await startAuthorizationServer({
  accessTokenLifetime: 3_600,
  identityIn: 'userinfo',
})
const { ca, caFile } = server.certificates

async function act(words: string): Promise<string> {
  const [deed = '', what = '', user = ''] = words.split(' ')
  switch (deed) {
    case 'page':
      return walkPage(what, { ca })
    case 'elsewhere':
      return walkSignIn(what, { ca, isElsewhere: true })
    case 'device':
      await server.decideDevice(what, user)
      return 'decided'
    case 'revoke':
      await server.revokeGrants(what)
      return 'revoked'
    default:
      return `not known: ${deed}`
  }
}

process.on('message', (words: string) => {
  act(words).then(
    (said) => process.send?.(said),
    (error: unknown) => process.send?.(String(error)),
  )
})
process.once('disconnect', () => void server.close().finally(() => process.exit()))
process.send?.({ url: server.url, caFile })
