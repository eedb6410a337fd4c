/** Every request of the control socket, by its method and path. */
export const routeNames = [
  'GET /v1/accounts',
  'GET /v1/diagnostics',
  'POST /v1/accounts/{user}/sign-in',
  'POST /v1/accounts/{user}/sign-in/redirect',
  'PUT /v1/accounts/{user}/grant',
  'DELETE /v1/accounts/{user}/grant',
  'POST /v1/accounts/{user}/refresh',
  'GET /v1/bridges',
  'POST /v1/bridge/trial-password',
  'GET /v1/bridge/certificate',
  'GET /v1/bridge/passwords',
  'PUT /v1/bridge/passwords/{name}',
  'DELETE /v1/bridge/passwords/{name}',
  'POST /v1/reload',
  'GET /v1/events',
  'GET /metrics',
] as const
export type RouteName = (typeof routeNames)[number]
