/** Tells one version of a record from every other; undefined: there is none. */
export type Revision = string | undefined
