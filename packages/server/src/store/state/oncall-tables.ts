/** Tables of those who are on call, of incidents and of maintenance; see `StateTables` for how values are kept. */
export interface OnCallTables {
  /** People, teams, schedules and policies: few, small and always read together. */
  oncall_entities: {
    tenant: string;
    kind: string;
    id: string;
    document: string;
    created_at_ms: number;
    updated_at_ms: number;
  };
  schedule_overrides: {
    tenant: string;
    id: string;
    schedule: string;
    person: string | null;
    start_ms: number;
    end_ms: number;
    note: string;
    made_by: string;
    created_at_ms: number;
  };
  maintenance_windows: {
    tenant: string;
    id: string;
    document: string;
    created_at_ms: number;
    updated_at_ms: number;
  };
  incidents: {
    tenant: string;
    id: string;
    status: string;
    severity: string;
    owner: string;
    document: string;
    triggered_at_ms: number;
    resolved_at_ms: number | null;
    updated_at_ms: number;
  };
  incident_entries: {
    tenant: string;
    incident_id: string;
    number: number;
    at_ms: number;
    kind: string;
    made_by: string;
    text: string;
    attributes: string;
  };
  /** One row for each time that an alert fired. */
  alert_occurrences: {
    tenant: string;
    fingerprint: string;
    started_at_ms: number;
    ended_at_ms: number | null;
    incident_id: string;
    alert_id: string | null;
    name: string;
    service: string;
    severity: string;
    labels: string;
    annotations: string;
    acknowledged_at_ms: number | null;
    acknowledged_by: string | null;
  };
  acknowledgements: {
    tenant: string;
    fingerprint: string;
    document: string;
    expires_at_ms: number | null;
  };
}
