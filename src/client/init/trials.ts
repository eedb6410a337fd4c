import { DaemonUnreachableError, MailLoginRefusedError } from '../../errors.ts'
import { writeServer } from '../../mail/mail-server.ts'
import { printable } from '../../mail/printable.ts'
import type { ControlClient } from '../control-client.ts'
import { checkBridgeLogin } from '../doctor/bridge-login-check.ts'
import { loginTestOptions } from '../options.ts'
import { readConfiguration } from '../read-configuration.ts'
import { readCredential } from '../read-credential.ts'
import { say } from '../terminal.ts'
import type { Answers } from './answers.ts'
import type { BridgePlace } from './bridge-place.ts'
import type { Plan } from './plan.ts'
import { sendNotice } from './send-notice.ts'

/** A login with what the program has, and the command that does the same. */
export interface Trial {
  command: string
  /** False: it cannot be tried. @throws CmsOauthError */
  run: () => Promise<boolean>
}

interface TrialOptions {
  answers: Answers
  plan: Plan
  /** How `cms-oauth` is called. */
  client: string
  env: NodeJS.ProcessEnv
}

/** Logins at the mail servers with tokens from the socket. */
export function tokenTrials({ answers, plan, client, env }: TrialOptions): Trial[] {
  const { user, account } = answers
  return plan.tests.map(({ protocol, server }) => ({
    command: `${client} --user=${user} --${loginTestOptions[protocol]}=${writeServer(server)}`,
    run: async () => {
      const { sockets } = await readConfiguration({ file: plan.configFile, env })
      const socket = sockets.find(
        ({ protocols, accounts }) =>
          protocols.includes(protocol) && (accounts?.includes(user) ?? true),
      )
      if (socket === undefined) return false
      const credential = await readCredential(user, protocol, socket.path)
      const isAppOnly = account?.isAppOnly
      const { tryLogin } = await import('../../mail/login-test.ts')
      const { code, text } = await tryLogin({ server, credential, print: () => {}, isAppOnly })
      say(`${protocol} at ${writeServer(server)}: ${code} ${printable(text)}`)
      return true
    },
  }))
}

/** A message that the outbox sends to whom notices go. */
export function noticeTrial({ answers, plan, client, env }: TrialOptions): Trial {
  return {
    command: `echo test | ${client} sendmail root`,
    run: async () => {
      const { outboxes } = await readConfiguration({ file: plan.configFile, env })
      const outbox = outboxes.find(({ account }) => account === answers.user)
      if (outbox === undefined) return false
      await sendNotice(outbox.path)
      say(`A test notice is on its way to ${plan.noticeTo}: see that it arrives.`)
      return true
    },
  }
}

/** A login through the bridge with the password that the program was given. */
export function bridgeTrial(
  options: TrialOptions & { control: () => Promise<ControlClient> },
  { password }: { password: string },
): Trial {
  const { answers, plan, client, env, control } = options
  const { user } = answers
  return {
    command: `${client} doctor ${user}`,
    run: async () => {
      const { bridgePlace: place } = plan
      if (place === undefined) return false
      const { bridges } = await readConfiguration({ file: plan.configFile, env })
      const bridge = bridges.find(({ listen }) => {
        return listen.some((each) => 'host' in each && isSame(each, place))
      })
      if (bridge === undefined) throw notListening(place)
      const { uid: daemonUid } = await (await control()).diagnostics()
      const address = { host: place.host, port: place.port }
      const found = await checkBridgeLogin({
        bridge,
        address,
        user,
        daemonUid,
        makePassword: () => Promise.resolve(password),
      })
      if (found.level !== 'ok') throw new MailLoginRefusedError(found.text, { hint: found.hint })
      say(`through the bridge: ${found.text}`)
      return true
    },
  }
}

function isSame(one: { host: string; port: number }, other: { host: string; port: number }) {
  return one.host === other.host && one.port === other.port
}

function notListening({ host, port }: BridgePlace): DaemonUnreachableError {
  return new DaemonUnreachableError(`no bridge listens on ${host}:${port}`, {
    hint: 'run "cms-oauth doctor", which checks the bridges',
  })
}
