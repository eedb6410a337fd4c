/** What a child may open besides what every program needs: see child-process/confine.ts. */
export interface Confinement {
  /** Files that it reads, and whatever takes their place in their directories. */
  reads: string[]
  /** Files that it reads, and makes where they are not there yet. */
  makes: string[]
  /** Directories in which it makes, changes and removes files. */
  writes: string[]
  /** True: it starts programs of the system, which are confined as it is. */
  runsPrograms: boolean
}
