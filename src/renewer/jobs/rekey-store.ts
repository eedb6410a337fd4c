import type { Work } from './job-context.ts'

/** Seals every record of the store with the keys of another configuration. */
export const rekeyStore: Work<'rekey-store'> = ({ rekey }, { to }) => rekey(to)
