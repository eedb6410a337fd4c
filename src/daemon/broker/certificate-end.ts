import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

const known = new Map<string, { changedAt: number; end: number | undefined }>()

/**
 * Epoch ms at which a certificate (PEM) expires, read again when its file has changed; undefined where
 * there is none to read: whoever needs it says why.
 */
export function readCertificateEnd(path: string): number | undefined {
  const changedAt = changeOf(path)
  if (changedAt === undefined) return undefined
  const found = known.get(path)
  if (found?.changedAt === changedAt) return found.end
  const end = endOf(path)
  known.set(path, { changedAt, end })
  return end
}

function changeOf(path: string): number | undefined {
  try {
    const found = statSync(path)
    // A FIFO would hold the daemon up.
    return found.isFile() ? found.mtimeMs : undefined
  } catch {
    return undefined
  }
}

function endOf(path: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(readFileSync(path)).validTo)
  } catch {
    return undefined
  }
}
