/** A promise that a test settles when it likes. */
export interface Deferred<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
}

/** An open one. */
export function defer<T>(): Deferred<T> {
  const deferred: Partial<Deferred<T>> = {}
  const promise = new Promise<T>((resolve, reject) => Object.assign(deferred, { resolve, reject }))
  return Object.assign(deferred as Deferred<T>, { promise })
}
