/**
 * The message for one of its recipients alone: to an API the header is the envelope. What To and Cc
 * showed stays to be read under names that no server takes for addresses; Bcc is nobody's business.
 */
export function messageFor(recipient: string, message: Buffer): Buffer {
  const end = message.indexOf('\r\n\r\n')
  const header = message.toString('latin1', 0, end === -1 ? message.length : end)
  // A line that begins with a blank belongs to the one before it (RFC 5322 section 2.2.3).
  const fields = header.split(/\r\n(?![ \t])/)
  const names = new Set(fields.map(nameOf))
  const kept = fields.flatMap((field) => {
    const name = nameOf(field)
    if (name === 'bcc') return []
    if (name !== 'to' && name !== 'cc') return [field]
    return names.has(`x-original-${name}`) ? [] : [`X-Original-${field}`]
  })
  const rest = end === -1 ? Buffer.from('\r\n\r\n') : message.subarray(end)
  return Buffer.concat([Buffer.from([`To: ${recipient}`, ...kept].join('\r\n'), 'latin1'), rest])
}

function nameOf(field: string): string {
  return field.slice(0, Math.max(0, field.indexOf(':'))).toLowerCase()
}
