import type {
  Acknowledgement,
  AlertInsights,
  BulkResult,
  Incident,
  IncidentDetail,
  IncidentInput,
  IncidentList,
  Timeline,
} from "@fleetlight/contract";
import type { IncidentFilter } from "#store";

import type { Suppressor } from "../alertmanager.ts";
import type { Care } from "./actions.ts";

/**
 * Acknowledgements, incidents and their escalation, of all tenants. Changes are durable when their promise resolves.
 * Every method with an id throws FleetlightError `not_found` for one that is not known.
 */
export interface Incidents {
  /** Acknowledgements hold from here on; MUST be called before anybody is told of alerts. */
  load(): Promise<void>;
  /** MUST be called after the pipeline has its alerts. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What is due by now; called every second by `start`. Never rejects. */
  tick(nowMs: number): Promise<void>;
  readonly acknowledgedBy: Suppressor;
  /** Who takes care of an alert that fires; by its id or its fingerprint. */
  acknowledgementOf(tenant: string, alertId: string): Acknowledgement | undefined;
  acknowledgements(tenant: string): Acknowledgement[];
  /** @throws FleetlightError `bad_request` when it would end in the past. */
  acknowledgeAlert(tenant: string, alertId: string, care: Care): Promise<Acknowledgement>;
  /** @throws FleetlightError `conflict` when nobody had acknowledged it. */
  unacknowledgeAlert(tenant: string, alertId: string, by: string): Promise<void>;
  acknowledgeAlerts(tenant: string, alertIds: readonly string[], care: Care): Promise<BulkResult>;
  unacknowledgeAlerts(tenant: string, ids: readonly string[], by: string): Promise<BulkResult>;
  /** Id of the open incident that an alert belongs to. */
  incidentOf(tenant: string, alertId: string): string | undefined;

  list(tenant: string, filter: IncidentFilter): Promise<IncidentList>;
  get(tenant: string, id: string): Promise<IncidentDetail>;
  timeline(tenant: string, id: string, after: number, limit: number): Promise<Timeline>;
  create(tenant: string, input: IncidentInput, by: string): Promise<IncidentDetail>;
  /** @throws FleetlightError `conflict` when it is resolved; so do all that follow where that matters. */
  acknowledge(tenant: string, id: string, care: Care): Promise<Incident>;
  unacknowledge(tenant: string, id: string, by: string): Promise<Incident>;
  resolve(tenant: string, id: string, by: string): Promise<Incident>;
  reopen(tenant: string, id: string, by: string): Promise<Incident>;
  assign(tenant: string, id: string, owner: string, by: string): Promise<Incident>;
  note(tenant: string, id: string, text: string, by: string): Promise<Incident>;
  change(
    tenant: string,
    id: string,
    change: { title: string | undefined; runbookUrl: string | undefined },
    by: string,
  ): Promise<Incident>;
  merge(tenant: string, id: string, others: readonly string[], by: string): Promise<IncidentDetail>;
  split(
    tenant: string,
    id: string,
    alertIds: readonly string[],
    title: string | undefined,
    by: string,
  ): Promise<IncidentDetail>;
  /** Figures of the alerts that began in a range. @throws FleetlightError `bad_request` for an empty range. */
  insights(tenant: string, startMs: number, endMs: number): Promise<AlertInsights>;
  stats(): { open: number; acknowledged: number };
}
