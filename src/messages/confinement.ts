/** What a child may open besides what every program needs: see child-process/confine.ts. */
export interface Confinement {
  /** Files and directories that it reads, with all below them. */
  reads: string[]
  /** Directories in which it makes, changes and removes files. */
  writes: string[]
  /** True: it starts programs of the system, which are confined as it is. */
  runsPrograms: boolean
}
