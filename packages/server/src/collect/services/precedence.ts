import type { ServiceOrigin } from "@fleetlight/contract";

/** Who speaks about a service that several sources name: the highest. */
export const PRECEDENCE: Record<ServiceOrigin, number> = {
  telemetry: 0,
  file: 1,
  api: 2,
  config: 3,
};
