export * from "./alerts.ts";
export * from "./common.ts";
export * from "./events.ts";
export * from "./metrics.ts";
export * from "./overview.ts";
export * from "./realtime.ts";
export * from "./services.ts";
