import { scopesForAll } from '../../accounts/provider-defaults.ts'
import { type AccountState, type AccountStatus, endNames } from '../../control/api.ts'
import { actorWords } from '../status-text.ts'
import { failure, failureOfWire, type Finding, ok, warning } from './finding.ts'

/** State, permissions, foreseeable ends and token files of an account. */
export function checkAccount(account: AccountStatus): Finding[] {
  return [
    stateFinding(account),
    ...scopesFinding(account),
    ...endFindings(account),
    ...fileFindings(account),
  ]
}

function stateFinding(account: AccountStatus): Finding {
  const { user, state, error, action, expires_at: expiresAt, is_durable: isDurable } = account
  const said = `${user}: ${state.replaceAll('_', ' ')}`
  if (error !== null) {
    const { error_description: description, actor } = error
    const text = `${said}; ${description}; who must act: ${actorWords[actor]}`
    return expiresAt === null || needsPerson.includes(state)
      ? { ...failureOfWire('account', error), text }
      : warning('account', `${text}; the token in memory is still served`, error.hint)
  }
  if (needsPerson.includes(state)) return failure('account', 'sign_in_required', said, action)
  if (state === 'signing_in') return warning('account', said, action)
  if (!isDurable) return warning('account', `${said}, but its sign-in is not on disk`, action)
  return ok('account', `${said}, ${account.provider}, ${account.grant}`)
}

const needsPerson: AccountState[] = ['signed_out', 'sign_in_required', 'misconfigured']

function scopesFinding(account: AccountStatus): Finding[] {
  const { user, wanted_scopes: wanted, granted_scopes: granted } = account
  if (granted === null) return []
  const known = new Set(granted.map(essence))
  const missing = wanted.filter((scope) => !scopesForAll.has(scope) && !known.has(essence(scope)))
  if (missing.length === 0) return [ok('scopes', `${user}: all that are wanted are granted`)]
  return [
    failure(
      'scopes',
      'provider_rejected',
      `${user}: not granted: ${missing.join(' ')}`,
      `add them to the app registration, then run "cms-oauth login ${user}"`,
    ),
  ]
}

/** Microsoft answers with the name alone, in any case, or with its resource before it. */
function essence(scope: string): string {
  const name = scope.startsWith('https://outlook.') || scope.startsWith('https://partner.outlook.')
  return (name ? scope.slice(scope.lastIndexOf('/') + 1) : scope).toLowerCase()
}

function endFindings({ user, ends }: AccountStatus): Finding[] {
  return ends
    .filter(({ what, is_near: isNear }) => isNear || what === 'sign_in')
    .map(({ what, at, is_sliding: isSliding, is_near: isNear, ...end }) => {
      const condition = isSliding ? 'if unused ' : ''
      const text = `${user}: ${condition}the ${endNames[what]} ends on ${at.slice(0, 10)}: ${end.reason}`
      return isNear ? warning('forecast', text, end.next_step) : ok('forecast', text)
    })
}

function fileFindings({ token_files: files, action }: AccountStatus): Finding[] {
  return files.map(({ path, format, problem }) =>
    problem === null
      ? ok('token file', `${path}: ${format}`)
      : warning('token file', problem, action),
  )
}
