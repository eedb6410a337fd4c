/** Every request of an outbox's socket, by its method and path. */
export const outboxRouteNames = [
  'POST /v1/messages',
  'GET /v1/limits',
  'GET /v1/dialogue',
  'GET /v1/messages',
  'GET /v1/messages/{id}',
  'DELETE /v1/messages/{id}',
  'POST /v1/messages/{id}/retry',
  'POST /v1/retry',
  'GET /v1/check',
] as const
export type OutboxRouteName = (typeof outboxRouteNames)[number]
