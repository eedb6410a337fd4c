/**
 * Node's options for a child in which SIGUSR1 opens no debugger port, not even before the child's
 * first statement can say so: nobody can listen on an address of documentation (RFC 5737).
 */
export const withoutDebugger: readonly string[] = ['--inspect-port=192.0.2.1:9229']
