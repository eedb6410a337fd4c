/** What an answer of etcd's gateway, or the error of a connection, means in words. */
import { triedAgain } from '../errors.ts'
import { withErrnoWords } from '../files/errno-words.ts'
import type { EtcdTrouble, EtcdTroubleKind } from './etcd-error.ts'

/** An answer that is not a good one: gRPC's code where the gateway gave one, and the engine's words. */
export interface Refusal {
  status: number
  /** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
  code?: number
  /** Cut to 200 printable characters. */
  words: string
}

/** What the words of etcd (api/v3rpc/rpctypes/error.go) and of its gateway begin with, or hold. */
const known: readonly [words: string, kind: EtcdTroubleKind][] = [
  ['CommonName of client', 'common_name'],
  ['invalid user ID or password', 'password'],
  ['authentication is not enabled', 'auth_disabled'],
  ['invalid auth token', 'not_authenticated'],
  ['revision of auth store is old', 'not_authenticated'],
  ['user name is empty', 'not_authenticated'],
  ['permission denied', 'permission'],
  ['database space exceeded', 'no_space'],
  ['alarm:NOSPACE', 'no_space'],
  ['request is too large', 'too_large'],
  ['received message larger than', 'too_large'],
  ['trying to send message larger', 'too_large'],
  ['etcdserver: no leader', 'no_leader'],
  ['has been compacted', 'compacted'],
  ['requested lease not found', 'lease_gone'],
  ['too many requests', 'busy'],
]

/** Which trouble an answer tells of. */
export function troubleOfRefusal(refusal: Refusal): EtcdTrouble {
  const { status, code, words } = refusal
  const kind = known.find(([part]) => words.includes(part))?.[1] ?? kindByCode(code, status)
  const said = code === undefined ? saidByOthers(status, words) : `"${words}"`
  return { kind, ...texts[kind](said) }
}

/** What is not an answer of a gateway: the status says most. */
function saidByOthers(status: number, words: string): string {
  const said = status >= 300 && status < 400 ? `status ${status}, a redirect` : `status ${status}`
  return words === '' ? said : `${said}: "${words}"`
}

/** What a server on the way says while there is no engine behind it (RFC 9110 section 15.6, RFC 6585). */
const passing: readonly number[] = [429, 502, 503, 504]

/** An engine without JSON in its answer is not one, or is older than 3.4. */
function kindByCode(code: number | undefined, status: number): EtcdTroubleKind {
  if (code === undefined) return passing.includes(status) ? 'busy' : 'not_etcd'
  if (code === 16) return 'not_authenticated'
  if (code === 7) return 'permission'
  return [2, 4, 8, 10, 13, 14].includes(code) ? 'busy' : 'refused'
}

/** Which trouble kept an answer from coming. */
export function troubleOfConnection(error: NodeJS.ErrnoException): EtcdTrouble {
  const reason = (error.code ?? error.message).slice(0, 100)
  const kind = kindOfConnection(reason)
  return { kind, ...texts[kind](reasons[reason] ?? withErrnoWords(reason)) }
}

/** The trouble of this kind, where nobody said anything. */
export function troubleOf(kind: EtcdTroubleKind, said = ''): EtcdTrouble {
  return { kind, ...texts[kind](said) }
}

const certificateTrouble =
  /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME|^INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH/

function kindOfConnection(reason: string): EtcdTroubleKind {
  if (/^ERR_SSL_.*ALERT_.*(?:CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(reason)) {
    return 'client_certificate'
  }
  if (certificateTrouble.test(reason)) return 'certificate'
  if (/^(?:EPROTO|ERR_SSL_)/.test(reason)) return 'tls'
  return reason.startsWith('HPE_') ? 'not_etcd' : 'unreachable'
}

const reasons: Partial<Record<string, string>> = {
  ENOTFOUND: 'its name is not known to the name server (ENOTFOUND)',
  EAI_AGAIN: 'no name server answers (EAI_AGAIN)',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED)',
  ECONNRESET: 'the connection was cut off (ECONNRESET)',
  EPIPE: 'the connection was cut off (EPIPE)',
  EHOSTUNREACH: 'there is no route to it (EHOSTUNREACH)',
  ENETUNREACH: 'there is no route to it (ENETUNREACH)',
  ETIMEDOUT: 'it does not answer (ETIMEDOUT)',
}

type Text = (said: string) => { message: string; hint: string }
const ofEtcd = 'of [store]'
const again = `it ${triedAgain}`

const texts: Record<EtcdTroubleKind, Text> = {
  unreachable: (said) => ({
    message: `cannot be reached: ${said}`,
    hint: `check the network, and on that host whether etcd runs; ${again}`,
  }),
  slow: (said) => ({
    message: `did not answer within ${said}`,
    hint: `check its disks and the load of its host ("etcdctl endpoint status"); ${again}`,
  }),
  no_leader: () => ({
    message: 'has no leader: too many of its nodes are down, or cannot reach each other',
    hint: `check the nodes with "etcdctl endpoint health --cluster"; ${again}`,
  }),
  no_space: () => ({
    message: 'has no space left (NOSPACE): its database has reached --quota-backend-bytes',
    hint: 'compact and defragment it, raise the quota, then "etcdctl alarm disarm"',
  }),
  busy: (said) => ({
    message: `could not do it now: ${said}`,
    hint: `check its log; ${again}`,
  }),
  certificate: (said) => ({
    message: `has a certificate that is not trusted here: ${said}`,
    hint: `check "ca_file" and "endpoints" ${ofEtcd}, the dates of the certificate, and the names in it`,
  }),
  client_certificate: (said) => ({
    message: `refuses the certificate of this host, or requires one: ${said}`,
    hint: `check that "certificate_file" ${ofEtcd} is there, is issued by etcd's --trusted-ca-file, has not expired, and is for client authentication`,
  }),
  common_name: () => ({
    message: 'refuses the certificate of this host, because it has a CommonName',
    hint: `issue "certificate_file" ${ofEtcd} again with an empty CommonName: etcd's gateway knows users by password only`,
  }),
  tls: (said) => ({
    message: `does not speak TLS 1.2 or newer on this port: ${said}`,
    hint: `check "endpoints" ${ofEtcd}: the port for clients, whose etcd has --cert-file`,
  }),
  not_etcd: (said) => ({
    message: `does not answer as etcd 3.4 or newer does: ${said}`,
    hint: `check "endpoints" ${ofEtcd}, and that etcd runs with --enable-grpc-gateway`,
  }),
  other_cluster: (said) => ({
    message: `is a node of another cluster than "${said}"`,
    hint: `remove the wrong one of the two from "endpoints" ${ofEtcd}, or join it to the cluster of the others again ("etcdctl member add"); "etcdctl endpoint status --write-out=json" shows the cluster_id of each`,
  }),
  password: () => ({
    message: 'refuses the user or the password',
    hint: `check "user" and the password ${ofEtcd}; "etcdctl user passwd" sets a new one`,
  }),
  not_authenticated: (said) => ({
    message: `does not accept the session, though it was renewed: ${said}`,
    hint: `check that "user" and a password are set in [store], and that all nodes have the same --auth-token`,
  }),
  no_user: () => ({
    message: 'requires a user, and [store] names none',
    hint: `set "user" and a password ${ofEtcd}; "etcdctl user add" makes one`,
  }),
  auth_disabled: () => ({
    message: 'has authentication switched off: everybody with a certificate may read and write all',
    hint: 'run "etcdctl auth enable", or remove "user" and the password from [store]',
  }),
  permission: () => ({
    message: 'does not permit this to the user of this host',
    hint: `check its rights with "etcdctl role get", and "prefix" and "role" ${ofEtcd}`,
  }),
  too_large: () => ({
    message: 'does not take a record of this size',
    hint: 'raise --max-request-bytes of etcd',
  }),
  too_long: () => ({
    message: 'sends an answer that is longer than any of etcd',
    hint: `check "endpoints" ${ofEtcd}: another server may answer there`,
  }),
  compacted: () => ({
    message: 'no longer has the history that was asked for',
    hint: 'all records are read again automatically',
  }),
  lease_gone: () => ({
    message: 'no longer has the lease of this host',
    hint: again,
  }),
  refused: (said) => ({ message: `refuses: ${said}`, hint: 'check its log' }),
  cancelled: () => ({ message: 'was no longer waited for', hint: again }),
}
