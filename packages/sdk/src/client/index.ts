export { createFleetlightClient } from "./client.ts";
export type { ClientOptions, FleetlightClient, NewAlertRule, Registration } from "./client.ts";
export type { KeepOptions, Registered } from "./keep-registered.ts";
export { FleetlightError, MAX_ANSWER_BYTES } from "./request.ts";
