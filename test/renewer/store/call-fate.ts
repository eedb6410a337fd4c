/** What becomes of a call of an engine: it is done and answered, not done, or done without an answer. */
export type CallFate = 'done' | 'unavailable' | 'lost'

/** Waits before a call, and says what becomes of it; called again before its answer. */
export type EngineWay = (writes: boolean) => Promise<CallFate>

/** A way on which nothing is lost. */
export const openWay: EngineWay = () => Promise.resolve('done')
