/** Runs a program as systemd's MemoryDenyWriteExecute= does: nothing that it has written becomes code. */

/**
 * Of seccomp(2), as in systemd's src/shared/seccomp-util.c: mmap(2) of what is both, and each mprotect(2) that makes
 * code of something, are refused.
 */
const program = `
import ctypes, os, platform, struct, sys
arch, mmap, *protects = {'x86_64': (0xC000003E, 9, 10, 329), 'aarch64': (0xC00000B7, 222, 226, 288)}[platform.machine()]
load, equal, any_of, mask, give = 0x20, 0x15, 0x45, 0x54, 0x06
allow, refuse = 0x7FFF0000, 0x00050001
steps = [
    (load, 0, 0, 4), (equal, 1, 0, arch), (give, 0, 0, allow),
    (load, 0, 0, 0), (equal, 0, 4, mmap), (load, 0, 0, 32), (mask, 0, 0, 6), (equal, 0, 1, 6), (give, 0, 0, refuse),
    (load, 0, 0, 0), (equal, 1, 0, protects[0]), (equal, 0, 3, protects[1]), (load, 0, 0, 32), (any_of, 0, 1, 4),
    (give, 0, 0, refuse), (give, 0, 0, allow),
]
code = ctypes.create_string_buffer(b''.join(struct.pack('=HBBI', *step) for step in steps))
filter = ctypes.create_string_buffer(struct.pack('=HxxxxxxQ', len(steps), ctypes.addressof(code)))
prctl = ctypes.CDLL(None).prctl
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, filter, 0, 0):
    sys.exit('no filter can be set')
os.execvp(sys.argv[1], sys.argv[1:])
`

/** Before a command and its arguments. */
export const withoutNewCode: readonly [string, ...string[]] = ['python3', '-c', program]
