import { randomBytes } from 'node:crypto'
import { base32 } from './base32.ts'

/** 120 bits. */
const passwordBytes = 15

/** A new password for a program, of letters and digits that nobody mixes up. */
export function makePassword(): string {
  return base32(randomBytes(passwordBytes))
}
