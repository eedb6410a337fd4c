/**
 * Landlock (landlock(7)): a process closes to itself, and to what it starts, all files but those named.
 * Of the calling thread and the threads that it starts later: Node's pool, which opens most files, must
 * not have been used before.
 */
import { closeSync, fstatSync, openSync } from 'node:fs'
import { libc, systemError } from './libc.ts'
import { forbidNewPrivileges } from './process-hardening.ts'

/** A file or directory, and what may be done with it and with all below it. */
export interface PathRule {
  path: string
  /** `run` is `read`, and programs may be started from there. */
  access: 'read' | 'run' | 'write'
}

interface SystemCall {
  /** The same on every architecture that Node runs on. */
  number: number
  name: string
}

const createRuleset = { number: 444, name: 'landlock_create_ruleset' }
const addRuleTo = { number: 445, name: 'landlock_add_rule' }
const restrictSelf = { number: 446, name: 'landlock_restrict_self' }

const createRulesetVersion = 1
const rulePathBeneath = 1
/** O_PATH and O_CLOEXEC; the architectures differ in neither. */
const pathOnly = 0o10000000 | 0o2000000

const execute = 1n << 0n
const writeFile = 1n << 1n
const readFile = 1n << 2n
const readDirectory = 1n << 3n
const truncate = 1n << 14n
/** Devices, whose ioctl(2) is a right since version 5. */
const ioctlDevice = 1n << 15n
const changeDirectory = (1n << 14n) - (1n << 4n)
const ofFiles = execute | writeFile | readFile | truncate | ioctlDevice
/** The rights to make devices are given to nobody. */
const makeDevice = (1n << 6n) | (1n << 11n)

const rightsOf: Record<PathRule['access'], bigint> = {
  read: readFile | readDirectory,
  run: readFile | readDirectory | execute,
  write: readFile | readDirectory | writeFile | truncate | (changeDirectory & ~makeDevice),
}

/** The first version with a right for what a spool does: to rename from one directory into another. */
const leastVersion = 2
const bindTcp = 1n
const scopeOfAll = 3n
const scopeOfSignals = 2n

const syscall = libc.func('long syscall(long number, ...)')

/** The version of the kernel's interface; 0 where there is none that suffices, or none is allowed. */
export function landlockVersion(): number {
  const asked = ['void *', null, 'size_t', 0, 'uint32_t', createRulesetVersion]
  const version = Number(syscall(createRuleset.number, ...asked))
  return version >= leastVersion ? version : 0
}

/** The rights on files that a version knows: what is not named is refused. */
export function handledRights(version: number): bigint {
  const known = version >= 5 ? 16n : version >= 3 ? 15n : 14n
  return (1n << known) - 1n
}

/**
 * struct landlock_ruleset_attr, as long as the version knows it: rights on files; on TCP ports, of which
 * none may be opened; and signals and abstract sockets that stay inside.
 */
export function rulesetAttributes(version: number, runsPrograms: boolean): BigUint64Array {
  const files = handledRights(version)
  if (version < 4) return BigUint64Array.of(files)
  if (version < 6) return BigUint64Array.of(files, bindTcp)
  // The bus of a desktop session may be an abstract socket.
  return BigUint64Array.of(files, bindTcp, runsPrograms ? scopeOfSignals : scopeOfAll)
}

/** struct landlock_path_beneath_attr, which is packed. */
export function pathBeneath(allowed: bigint, fd: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeBigUInt64LE(allowed)
  bytes.writeInt32LE(fd, 8)
  return bytes
}

/**
 * From now on this process opens only what the rules name, gains no privilege by a program that it
 * starts, and opens no TCP port. What is not there is left out. False where the kernel has no Landlock.
 * @throws NodeJS.ErrnoException where the kernel refuses a part of it
 */
export function restrictPaths(rules: readonly PathRule[]): boolean {
  forbidNewPrivileges()
  const version = landlockVersion()
  if (version === 0) return false
  const runsPrograms = rules.some(({ access }) => access === 'run')
  const attributes = rulesetAttributes(version, runsPrograms)
  const { byteLength } = attributes
  const ruleset = call(createRuleset, 'void *', attributes, 'size_t', byteLength, 'uint32_t', 0)
  try {
    for (const rule of rules) addRule(ruleset, rule, version)
    call(restrictSelf, 'int', ruleset, 'uint32_t', 0)
  } finally {
    closeSync(ruleset)
  }
  return true
}

function addRule(ruleset: number, { path, access }: PathRule, version: number): void {
  const fd = openPath(path)
  if (fd === undefined) return
  try {
    const rights = rightsOf[access] & handledRights(version)
    const rule = pathBeneath(fstatSync(fd).isDirectory() ? rights : rights & ofFiles, fd)
    call(addRuleTo, 'int', ruleset, 'int', rulePathBeneath, 'void *', rule, 'uint32_t', 0)
  } finally {
    closeSync(fd)
  }
}

/** Undefined where there is nothing, or nothing for us: then it could not be opened in any case. */
function openPath(path: string): number | undefined {
  try {
    return openSync(path, pathOnly)
  } catch {
    return undefined
  }
}

/** Each value after its type. @throws NodeJS.ErrnoException */
function call({ number, name }: SystemCall, ...typed: unknown[]): number {
  const result = Number(syscall(number, ...typed))
  if (result < 0) throw systemError(name)
  return result
}
