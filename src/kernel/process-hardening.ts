import { libc, systemError } from './libc.ts'

const prSetDumpable = 4
const prSetNoNewPrivs = 38
const rlimitCore = 4

const prctl = libc.func('int prctl(int option, ...)')
const setrlimit = libc.func('int setrlimit(int resource, uint64_t *limits)')

/**
 * Closes this process's memory to others of the same uid (no ptrace, no /proc/PID/mem, no core
 * dump). A core limit of 1 byte and not 0, because 0 does not stop a core_pattern that is a pipe.
 * @throws NodeJS.ErrnoException where the kernel refuses
 */
export function hardenProcess(): void {
  if (prctl(prSetDumpable, 'ulong', 0) !== 0) throw systemError('prctl')
  if (setrlimit(rlimitCore, BigUint64Array.of(1n, 1n)) !== 0) throw systemError('setrlimit')
}

/**
 * No program that this process starts from now on gains a privilege by its file: setuid, setgid and
 * capabilities count for nothing. @throws NodeJS.ErrnoException where the kernel refuses
 */
export function forbidNewPrivileges(): void {
  const zeros = ['ulong', 0, 'ulong', 0, 'ulong', 0]
  if (prctl(prSetNoNewPrivs, 'ulong', 1, ...zeros) !== 0) throw systemError('prctl')
}
