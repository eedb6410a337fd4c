/**
 * The idle daemon's memory beside that of a bare Node server, over several starts. Prints, judges
 * nothing: `node --import tsx test/bench/idle-memory.ts [STARTS]`.
 */
import { measureIdleMemories } from '../support/idle-memory.ts'

const { daemonKiB, bareKiB, ratio } = await measureIdleMemories(Number(process.argv[2] ?? 5))
const [daemonMiB, bareMiB] = [daemonKiB, bareKiB].map((kib) => (kib / 1_024).toFixed(1))
console.log(`idle daemon: RSS ${daemonMiB} MiB, bare Node server ${bareMiB} (${ratio.toFixed(2)})`)
