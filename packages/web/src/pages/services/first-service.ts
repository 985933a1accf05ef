/** A command that registers a first service at the Fleetlight behind `origin`. */
export const firstService = (origin: string): string =>
  `curl -X POST ${origin}/api/v1/services/register \\
  -H 'content-type: application/json' \\
  -d '{"id":"my-service","name":"My service","url":"http://127.0.0.1:3000"}'`;
