/** A reporter that says which files took longest: the seconds of their tests, beside each other or not. */
const shown = 10

// Node takes a reporter from there.
// oxlint-disable-next-line import/no-default-export
export default async function* slowestFiles(events) {
  const durations = new Map()
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.nesting !== 0 || data.file === undefined) continue
    const before = durations.get(data.file) ?? 0
    durations.set(data.file, before + (data.details?.duration_ms ?? 0))
  }
  if (durations.size <= shown) return
  yield '\nThe slowest files, in seconds:\n'
  const slowest = [...durations].toSorted(([, a], [, b]) => b - a).slice(0, shown)
  for (const [file, duration] of slowest) {
    const name = file.slice(file.lastIndexOf('/test/') + 1)
    yield `${(duration / 1_000).toFixed(1).padStart(7)}  ${name}\n`
  }
}
