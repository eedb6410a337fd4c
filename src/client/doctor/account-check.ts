import { endNames } from '../../accounts/end-names.ts'
import { failure, type Finding, ok, warning } from '../../configuration/finding.ts'
import type { AccountState, AccountStatus } from '../../messages/control-api.ts'
import { adviceOf } from '../advice-of.ts'
import { actorWords } from '../status-text.ts'

/** Checks an account's state, permissions, expiry dates and token files. */
export function checkAccount(account: AccountStatus): Finding[] {
  return [
    stateFinding(account),
    ...permissionsFinding(account),
    ...endFindings(account),
    ...fileFindings(account),
  ]
}

function stateFinding(account: AccountStatus): Finding {
  const { user, state, error, expires_at: expiresAt } = account
  const stateText = `${user}: ${state.replaceAll('_', ' ')}`
  const access = adviceOf(account).find(({ about }) => about === 'access' || about === 'store')
  if (access === undefined)
    return ok('account', `${stateText}, ${account.provider}, ${account.grant}`)
  const { message, actor, next_step: nextStep, is_urgent: isUrgent } = access
  const text = `${stateText}; ${message}; who must act: ${actorWords[actor]}`
  const isServed = expiresAt !== null
  if (access.about === 'store' || state === 'signing_in') return warning('account', text, nextStep)
  if (isServed && !needsPerson.includes(state)) {
    return warning('account', `${text}; the token in memory is still served`, nextStep)
  }
  const code = error?.error ?? (isUrgent ? 'sign_in_required' : 'provider_unavailable')
  return failure('account', code, text, nextStep)
}

const needsPerson: AccountState[] = ['signed_out', 'sign_in_required', 'misconfigured']

function permissionsFinding(account: AccountStatus): Finding[] {
  const { user, granted_scopes: granted } = account
  if (granted === null) return []
  const missing = adviceOf(account).find(({ about }) => about === 'permissions')
  if (missing === undefined) return [ok('scopes', `${user}: all that are wanted are granted`)]
  const { message, next_step: nextStep, is_urgent: isCertain } = missing
  return [
    isCertain
      ? failure('scopes', 'provider_rejected', message, nextStep)
      : warning('scopes', message, nextStep),
  ]
}

function endFindings({ user, ends }: AccountStatus): Finding[] {
  return ends
    .filter(({ what, is_near: isNear }) => isNear || what === 'sign_in')
    .map(({ what, at, is_sliding: isSliding, is_near: isNear, ...end }) => {
      const condition = isSliding ? 'if unused ' : ''
      const text = `${user}: ${condition}the ${endNames[what]} expires on ${at.slice(0, 10)}: ${end.reason}`
      return isNear ? warning('forecast', text, end.next_step) : ok('forecast', text)
    })
}

function fileFindings(account: AccountStatus): Finding[] {
  const advice = adviceOf(account)
  return account.token_files.map(({ path, format, problem }) => {
    if (problem === null) return ok('token file', `${path}: ${format}`)
    const known = advice.find(({ message }) => message === problem)
    return warning('token file', problem, known?.next_step ?? '')
  })
}
