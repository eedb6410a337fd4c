/**
 * Node options for a child in which SIGUSR1 cannot open a debugger port, even before its first
 * statement runs: no machine can listen on an address reserved for documentation (RFC 5737).
 */
export const withoutDebugger: readonly string[] = ['--inspect-port=192.0.2.1:9229']
