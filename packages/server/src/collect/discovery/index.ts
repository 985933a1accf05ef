export { createDiscovery, type Discovery, type DiscoveryOptions } from "./discovery.ts";
export { TelemetryServices } from "./telemetry-services.ts";
