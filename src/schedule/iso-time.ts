/**
 * A moment as RFC 3339 writes it, in UTC with milliseconds: what `toISOString()` gives. That one has V8
 * look up the local time zone, and a process holds 1 MiB for good.
 * @throws RangeError for what is not a moment
 */
export function isoTime(epochMs: number = Date.now()): string {
  const moment = new Date(epochMs)
  const year = moment.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) return moment.toISOString()
  const day = `${digits(year, 4)}-${digits(moment.getUTCMonth() + 1)}-${digits(moment.getUTCDate())}`
  const time = `${digits(moment.getUTCHours())}:${digits(moment.getUTCMinutes())}:${digits(moment.getUTCSeconds())}`
  return `${day}T${time}.${digits(moment.getUTCMilliseconds(), 3)}Z`
}

function digits(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}
