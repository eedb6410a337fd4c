/**
 * Node opens a debugger port on SIGUSR1 unless somebody else wants the signal. Imported for its effect
 * and first of all: the modules that come after it take long enough to be hit.
 */
process.on('SIGUSR1', () => {})
