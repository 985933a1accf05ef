import type { Alert } from "@fleetlight/contract";
import type { ActiveEvaluation, Evaluation, ResolvedEvaluation } from "#decide";
import { isoTime } from "#lib";
import type { StoredAlert } from "#store";

/** Two alerts of one series never begin in the same second, so that each has an id of its own; remembered this long. */
const REMEMBER_ID_MS = 60_000;

/** What an evaluation did to an alert. */
export interface Change {
  stored: StoredAlert;
  /** The state that the alert reached just now, or null when only its value or its texts changed. */
  reached: Alert["state"] | null;
  /** False when there is nothing that a restart must not lose. */
  isLasting: boolean;
  cooldownMs: number;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

const timeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

/** What every evaluation tells anew. */
const told = ({ rule, value, labels, annotations, keepFiringSinceMs, atMs }: ActiveEvaluation) => ({
  name: rule.name,
  severity: rule.severity,
  expr: rule.query,
  condition: rule.condition ?? "",
  threshold: rule.threshold,
  value: finite(value),
  labels: { ...labels },
  annotations: { ...annotations },
  keep_firing_since: timeOrNull(keepFiringSinceMs),
  updated_at: isoTime(atMs),
});

/** A rule's id as it may stand in the id of an alert, and so in a URL. */
const idPart = (ruleId: string): string => ruleId.replace(/[^a-zA-Z0-9._:-]/g, "-").slice(0, 128);

const keyOf = (tenant: string, fingerprint: string): string => `${tenant}\n${fingerprint}`;

/** The alerts that are active, in memory. */
export class AlertBook {
  private readonly active = new Map<string, StoredAlert>();
  private readonly cooldownMs = new Map<string, number>();
  /** Second in which the latest alert of a series began, by series. */
  private readonly begun = new Map<string, number>();
  private readonly ids = new Set<string>();

  /** Takes over alerts from before the restart; of resolved ones only the ids, which stay taken. */
  load(alerts: readonly StoredAlert[]): void {
    for (const stored of alerts) {
      const { alert, tenant } = stored;
      const second = Number(/^alert_(\d+)_/.exec(alert.id)?.[1] ?? 0);
      const key = keyOf(tenant, alert.fingerprint);
      this.begun.set(key, Math.max(second, this.begun.get(key) ?? 0));
      if (alert.state === "resolved") continue;
      this.active.set(key, stored);
      this.ids.add(alert.id);
    }
  }

  /** @returns undefined when the evaluation changes nothing. */
  apply(evaluation: Evaluation): Change | undefined {
    const known = this.active.get(keyOf(evaluation.tenant, evaluation.fingerprint));
    if (evaluation.kind === "resolved") return known && this.resolve(known, evaluation);
    return known ? this.update(known, evaluation) : this.begin(evaluation);
  }

  /** Active alerts of one tenant, or of all. */
  list(tenant?: string): StoredAlert[] {
    const all = [...this.active.values()];
    return tenant === undefined ? all : all.filter((stored) => stored.tenant === tenant);
  }

  find(tenant: string, id: string): StoredAlert | undefined {
    return this.list(tenant).find((stored) => stored.alert.id === id);
  }

  /** Alerts that fire, with their cooldown as far as it is known. */
  *firing(): Generator<{ stored: StoredAlert; cooldownMs: number }> {
    for (const [key, stored] of this.active) {
      if (stored.alert.state === "firing")
        yield { stored, cooldownMs: this.cooldownMs.get(key) ?? 0 };
    }
  }

  count(state: Alert["state"]): number {
    let count = 0;
    for (const { alert } of this.active.values()) if (alert.state === state) count++;
    return count;
  }

  sweep(nowMs: number): void {
    for (const [key, second] of this.begun) {
      if (!this.active.has(key) && second * 1000 < nowMs - REMEMBER_ID_MS) this.begun.delete(key);
    }
  }

  private begin(evaluation: ActiveEvaluation): Change {
    const { tenant, fingerprint, rule, labels, state, activeAtMs, atMs } = evaluation;
    const key = keyOf(tenant, fingerprint);
    const fires = state === "firing";
    const alert: Alert = {
      id: this.makeId(key, evaluation),
      fingerprint,
      rule_id: rule.id,
      state,
      service: labels["service"] ?? "",
      metric: evaluation.series,
      active_at: isoTime(activeAtMs),
      fired_at: fires ? isoTime(atMs) : null,
      resolved_at: null,
      ...told(evaluation),
    };
    const stored = { tenant, alert };
    this.active.set(key, stored);
    this.cooldownMs.set(key, rule.cooldownMs);
    return { stored, reached: state, isLasting: true, cooldownMs: rule.cooldownMs };
  }

  private update(known: StoredAlert, evaluation: ActiveEvaluation): Change {
    const { rule, atMs } = evaluation;
    const key = keyOf(known.tenant, known.alert.fingerprint);
    const before = known.alert;
    const fires = before.state === "pending" && evaluation.state === "firing";
    const alert: Alert = {
      ...before,
      ...told(evaluation),
      state: fires ? "firing" : before.state,
      service: evaluation.labels["service"] ?? "",
      fired_at: fires ? isoTime(atMs) : before.fired_at,
    };
    const stored = { ...known, alert };
    this.active.set(key, stored);
    this.cooldownMs.set(key, rule.cooldownMs);
    const isLasting =
      fires ||
      alert.severity !== before.severity ||
      alert.name !== before.name ||
      alert.threshold !== before.threshold ||
      alert.keep_firing_since !== before.keep_firing_since;
    return { stored, reached: fires ? "firing" : null, isLasting, cooldownMs: rule.cooldownMs };
  }

  private resolve(known: StoredAlert, { value, atMs }: ResolvedEvaluation): Change {
    const key = keyOf(known.tenant, known.alert.fingerprint);
    const alert: Alert = {
      ...known.alert,
      state: "resolved",
      value: value === null ? null : finite(value),
      resolved_at: isoTime(atMs),
      updated_at: isoTime(atMs),
    };
    const cooldownMs = this.cooldownMs.get(key) ?? 0;
    this.active.delete(key);
    this.cooldownMs.delete(key);
    this.ids.delete(alert.id);
    return { stored: { ...known, alert }, reached: "resolved", isLasting: true, cooldownMs };
  }

  private makeId(key: string, { rule, fingerprint, activeAtMs }: ActiveEvaluation): string {
    const second = Math.max(Math.floor(activeAtMs / 1000), (this.begun.get(key) ?? 0) + 1);
    this.begun.set(key, second);
    const prefix = `alert_${second}_${idPart(rule.id)}_`;
    const short = prefix + fingerprint.slice(0, 8);
    const id = this.ids.has(short) ? prefix + fingerprint : short;
    this.ids.add(id);
    return id;
  }
}
