/**
 * How many connections may wait to be accepted; the kernel takes net.core.somaxconn where that is less.
 * Without a number Node says 511, also of a socket that somebody else has made with more: who connects
 * to a UNIX socket without waiting is refused then (EAGAIN), and by TCP tries again after a second. With a
 * descriptor Node reads the number only as the second argument of `listen`.
 */
export const backlog = 4_096
