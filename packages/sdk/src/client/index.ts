export type {
  CheckpointQuestion,
  ClientOptions,
  FleetlightClient,
  Hours,
  NewAlertRule,
  QuerySample,
  Registration,
} from "./client.ts";
export type { KeepOptions, Registered } from "./keep-registered.ts";
export { FleetlightError, MAX_ANSWER_BYTES } from "./request.ts";
