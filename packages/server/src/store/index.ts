export * from "./state/index.ts";
export * from "./telemetry/index.ts";
