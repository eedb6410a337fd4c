/**
 * Node opens a debugger port on SIGUSR1 unless somebody else wants the signal; SIGUSR2 and SIGPIPE would
 * kill, with what a renewer has in flight. Imported for its effect and first of all: the modules that
 * come after it take long enough to be hit.
 */
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) process.on(signal, () => {})
