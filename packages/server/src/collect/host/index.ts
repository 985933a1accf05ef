export { createHostCollector, type HostCollector, type HostCollectorOptions } from "./collector.ts";
export type { LocalService } from "./processes.ts";
