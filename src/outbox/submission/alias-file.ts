/** What /etc/aliases says of names and addresses; commands, files and lists of files are never followed. */
export function parseAliasFile(text: string): Record<string, string[]> {
  const aliases: [string, string[]][] = []
  for (const line of logicalLines(text)) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().replaceAll('"', '')
    const targets = line
      .slice(colon + 1)
      .split(',')
      .map(plainTarget)
    const plain = targets.filter((target) => target !== '')
    if (colon > 0 && name !== '' && plain.length > 0) aliases.push([name, plain])
  }
  return Object.fromEntries(aliases)
}

function plainTarget(text: string): string {
  const target = text.trim()
  const isPlain = !/^[|/:\\"]/.test(target) && !/[\s"]/.test(target)
  return isPlain ? target : ''
}

function logicalLines(text: string): string[] {
  const lines: string[][] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue
    if (/^\s/.test(line)) lines.at(-1)?.push(line)
    else lines.push([line])
  }
  return lines.map((parts) => parts.join(' '))
}
