import { storeObject } from './store-keys.ts'
import { checkStore } from './store-rules.ts'

/** The keys of [store] with their meaning. */
export const storeKeys = storeObject.shape

/** [store]. */
export const storeSchema = storeObject.superRefine((given, context) =>
  checkStore(given, (key, message) => context.addIssue({ code: 'custom', path: [key], message })),
)
