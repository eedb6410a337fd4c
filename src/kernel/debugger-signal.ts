/**
 * Ignores three signals: on SIGUSR1 Node would open a debugger port, and SIGUSR2 and SIGPIPE would
 * kill the process and the exchange that a renewer has open. Imported first, for its effect:
 * loading the other modules takes long enough for a signal to arrive.
 */
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGPIPE'] as const) process.on(signal, () => {})
