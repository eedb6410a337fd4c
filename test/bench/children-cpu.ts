import koffi from 'koffi'

const ofChildren = -1
const timevals = koffi.array('int64', 18)
const getrusage = koffi.load(null).func('int getrusage(int who, _Out_ void *usage)')

/** CPU time of all children that this process has waited for, in ms (getrusage(2)): whatever else runs, it is theirs. */
export function childrenCpuMs(): number {
  const usage = Buffer.alloc(koffi.sizeof(timevals))
  getrusage(ofChildren, usage)
  const [userS = 0, userUs = 0, systemS = 0, systemUs = 0] = [0, 8, 16, 24].map((at) =>
    Number(usage.readBigInt64LE(at)),
  )
  return (userS + systemS) * 1_000 + (userUs + systemUs) / 1_000
}
