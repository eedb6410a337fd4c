/**
 * The mailboxes of an address field in the form in which the outbox writes them: addresses, and names before
 * addresses in brackets. Any other form is not read: servers differ in what they make of it.
 */
export interface StoredMailbox {
  /** As it is written, with its name. */
  text: string
  address: string
}

const address = String.raw`(?:[\w!#$%&'*+/=?^\`{|}~.-]+|"(?:[^"\\\r\n]|\\[ -~])*")@[\w.:[\]-]+`
const name = String.raw`(?:"(?:[^"\\\r\n]|\\[ -~])*"|[\w!#$%&'*+/=?^\`{|}~-]+)`
const bare = new RegExp(`^${address}$`)
const named = new RegExp(String.raw`^(?:${name} ?)*<(${address})>$`)

/** Undefined where the value has another form. */
export function storedMailboxes(value: string): StoredMailbox[] | undefined {
  const mailboxes: StoredMailbox[] = []
  for (const part of splitAtCommas(value)) {
    const text = part.replaceAll(/[ \t]+/g, ' ').trim()
    const found = bare.test(text) ? text : named.exec(text)?.[1]
    if (found === undefined) return undefined
    mailboxes.push({ text, address: found })
  }
  return mailboxes
}

/** At commas outside of quotes. */
function splitAtCommas(value: string): string[] {
  const parts: string[] = []
  let [start, isQuoted] = [0, false]
  for (let at = 0; at < value.length; at++) {
    const letter = value[at]
    if (letter === '\\' && isQuoted) at += 1
    else if (letter === '"') isQuoted = !isQuoted
    else if (letter === ',' && !isQuoted) {
      parts.push(value.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, value.slice(start)]
}
