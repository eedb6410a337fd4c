/** What this process or machine has used up: nothing is wrong with whoever it wanted to reach. */
const shortages = {
  EMFILE:
    'this process may not open more files: raise LimitNOFILE= of its unit, or "ulimit -n", and see what holds them open ("ls /proc/PID/fd")',
  ENFILE: 'this machine may not open more files: raise fs.file-max, or end what holds them open',
  ENOBUFS: 'this machine has no memory left for connections: end what takes it',
  ENOMEM: 'this machine has no memory left: end what takes it',
} as const

/** The names of such errors. */
export const shortageCodes = Object.keys(shortages)

/** What to do about an error of that kind; undefined for any other. */
export function ownShortage(code: string): string | undefined {
  return Object.hasOwn(shortages, code) ? shortages[code as keyof typeof shortages] : undefined
}
