/** What socket(2) and accept4(2) are asked for. */
export const sockStream = 1
export const sockDgram = 2
export const sockRaw = 3
export const sockNonblock = 0o4000
export const sockCloexec = 0o2000000

/** The level of getsockopt(2) for options of any socket (socket(7)). */
export const solSocket = 1

/** Of recv(2): nothing is waited for. */
export const msgDontwait = 0x40
