import { explainEngine } from '../../../fleet/engine-error.ts'

/** What comes of a call; an engine's error as the operator sees it, any other as it is. */
export async function explained<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw explainEngine(error)
  }
}
