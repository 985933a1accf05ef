import type { Registry } from "@fleetlight/sdk";
import type { Logger, Now } from "#lib";
import type { IncidentRepository } from "#store";

import type { Alertmanager } from "../alertmanager.ts";
import type { EscalatorOptions } from "./escalation.ts";
import type { GroupingContext } from "./grouping.ts";

export interface IncidentsOptions extends Omit<EscalatorOptions, "log" | "resolve" | "alerts"> {
  alerts: Pick<
    Alertmanager,
    "alerts" | "groups" | "get" | "onChange" | "enqueue" | "explainRoute" | "channels" | "wake"
  >;
  repository: IncidentRepository;
  grouping: Omit<GroupingContext, "groupKeys">;
  /** Name of a maintenance window, for people. */
  maintenanceName: (tenant: string, id: string) => string | undefined;
  now: Now;
  logger: Logger;
  registry: Registry;
}
