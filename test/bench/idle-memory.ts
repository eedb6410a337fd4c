import { measureIdleMemories } from '../support/idle-memory.ts'
import type { Bench } from './row.ts'

/** The idle daemon's memory beside that of a bare Node server. */
export const idleMemory: Bench = async ({ rounds }) => {
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) ratios.push((await measureIdleMemories(1)).ratio)
  return [{ name: 'memory idle, after sign-in, restart and a token', ratios, goal: '<= 1.15' }]
}
