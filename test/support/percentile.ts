/** The value that this share (0 to 1) of the values does not exceed; NaN where there are none. */
export function percentile(values: readonly number[], share: number): number {
  const index = Math.max(0, Math.ceil(values.length * share) - 1)
  return values.toSorted((a, b) => a - b)[index] ?? Number.NaN
}
