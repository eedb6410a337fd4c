import type { ServerResponse } from 'node:http'

/**
 * Sends a body piece by piece, each in a turn of the event loop of its own, and has the next one made
 * when the one before is on its way; none for a client that has gone.
 */
export async function sendPieces(
  response: ServerResponse,
  contentType: string,
  pieces: Iterable<string>,
): Promise<void> {
  response.writeHead(200, { 'content-type': contentType })
  for (const piece of pieces) {
    if (!(await hasTaken(response, piece))) return
  }
  response.end()
}

/** False where nobody reads it any more. */
async function hasTaken(response: ServerResponse, text: string): Promise<boolean> {
  if (!response.write(text)) await drainOrEnd(response)
  // What the kernel takes at once drains within the same turn.
  await new Promise(setImmediate)
  return !response.destroyed
}

function drainOrEnd(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}
