/** What is ready to take the place of what is in force. */
export interface Prepared {
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Where nothing is in force, and nothing is to be. */
export const nothingToDo: Prepared = { commit: async () => {}, rollback: async () => {} }
