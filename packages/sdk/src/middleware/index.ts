export { expressMonitoring } from "./express.ts";
export { fastifyMonitoring } from "./fastify.ts";
export { honoMonitoring } from "./hono.ts";
export type { MiddlewareOptions } from "./request.ts";
