import { percentile } from '../support/percentile.ts'

/** One figure: what it is, what it was in each round, and what it is meant to be. */
export interface Row {
  name: string
  /** Ratios to a bare Node of the same round. */
  ratios: readonly number[]
  goal: string
}

/** The middle of the rounds, and between what they lay. */
export function summary({ ratios }: Row): { middle: string; range: string } {
  const [low, middle, high] = [0, 0.5, 1].map((share) => percentile(ratios, share).toFixed(2))
  return { middle: middle ?? '', range: `${low} to ${high}` }
}

/** What a benchmark is told. */
export interface BenchOptions {
  rounds: number
}

/** Measures some rows. */
export type Bench = (options: BenchOptions) => Promise<Row[]>
