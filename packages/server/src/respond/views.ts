import { matchesAll, type Now } from "#lib";

import type { AlertTable, Tracked } from "./alert-table.ts";
import type {
  AlertFilter,
  AlertGroupView,
  AlertStatus,
  AlertView,
  RouteExplanation,
  RouteStep,
  Suppression,
  Suppressor,
} from "./alertmanager.ts";
import type { AggregationGroup } from "./groups/group.ts";
import type { Groups } from "./groups/groups.ts";
import { hasEnded } from "./pipeline-alert.ts";
import { mutesOf, type NamedIntervals } from "./routing/index.ts";
import type { SilenceBook } from "./silences/silences.ts";
import type { PipelineAlert } from "./types.ts";

/** Work on one list before everybody else has a turn. */
const SLICE_MS = 8;

interface ViewsOptions {
  table: AlertTable;
  groups: Pick<Groups<never>, "list" | "paths" | "keyOf">;
  silences: SilenceBook;
  intervals: () => NamedIntervals;
  maintenance: Suppressor;
  acknowledged: Suppressor;
  dependsOn: Suppressor;
  now: Now;
}

const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Lets others have a turn when a slice of time is used up. */
function pacer(): () => Promise<void> | undefined {
  let untilMs = performance.now() + SLICE_MS;
  return () => {
    if (performance.now() < untilMs) return undefined;
    return new Promise<void>((resolve) => {
      setImmediate(() => {
        untilMs = performance.now() + SLICE_MS;
        resolve();
      });
    });
  };
}

function isWanted({ status, receivers }: AlertView, filter: AlertFilter): boolean {
  const { receiver } = filter;
  if (receiver && !receivers.some((name) => receiver(name))) return false;
  if (filter.active === false && status.state === "active") return false;
  if (filter.unprocessed === false && status.state === "unprocessed") return false;
  if (filter.silenced === false && status.silencedBy.length > 0) return false;
  if (filter.inhibited === false && status.inhibitedBy.length > 0) return false;
  return !(filter.muted === false && status.mutedBy.length > 0);
}

/** What is seen of alerts and groups from outside. */
export class Views {
  private readonly options: ViewsOptions;

  constructor(options: ViewsOptions) {
    this.options = options;
  }

  async alerts(tenant: string, filter: AlertFilter = {}): Promise<AlertView[]> {
    const found: AlertView[] = [];
    const pace = pacer();
    for (const tracked of this.options.table.of(tenant).values()) {
      const turn = pace();
      if (turn) await turn;
      const view = this.wanted(tracked, filter);
      if (view) found.push(view);
    }
    return found.toSorted((a, b) => compareTexts(a.alert.fingerprint, b.alert.fingerprint));
  }

  async groups(tenant: string, filter: AlertFilter = {}): Promise<AlertGroupView[]> {
    const { table, groups } = this.options;
    const found: AlertGroupView[] = [];
    const pace = pacer();
    for (const group of groups.list(tenant)) {
      if (filter.receiver && !filter.receiver(group.route.receiver)) continue;
      const alerts: AlertView[] = [];
      for (const fingerprint of group.alerts.keys()) {
        const turn = pace();
        if (turn) await turn;
        const tracked = table.get(tenant, fingerprint);
        const view = tracked && this.wanted(tracked, { ...filter, receiver: undefined });
        if (view) alerts.push(view);
      }
      if (alerts.length === 0) continue;
      found.push({
        key: group.key,
        labels: group.labels,
        receiver: group.route.receiver,
        routeId: group.route.id,
        nextFlushMs: group.nextMs,
        alerts: alerts.toSorted((a, b) => compareTexts(a.alert.fingerprint, b.alert.fingerprint)),
      });
    }
    return found.toSorted(
      (a, b) => compareTexts(a.key, b.key) || compareTexts(a.receiver, b.receiver),
    );
  }

  get(tenant: string, fingerprint: string): AlertView | undefined {
    const tracked = this.options.table.get(tenant, fingerprint);
    return tracked && !hasEnded(tracked.alert, this.options.now())
      ? this.viewOf(tracked)
      : undefined;
  }

  explainRoute(tenant: string, labels: Readonly<Record<string, string>>): RouteExplanation {
    const { groups, silences, table, now } = this.options;
    const nowMs = now();
    const found = groups.paths(labels);
    const steps = found.map((path) =>
      path.map((route, index): RouteStep => {
        const { muted, inactive } = mutesOf(route, this.options.intervals(), nowMs);
        return { route, isLeaf: index === path.length - 1, mutedBy: [...muted, ...inactive] };
      }),
    );
    const leaves = found.flatMap((path) => path.at(-1) ?? []);
    const inhibitor = table.inhibitor(tenant).inhibitedBy(labels, nowMs);
    return {
      paths: steps,
      receivers: [...new Set(leaves.map(({ receiver }) => receiver))],
      groupKeys: leaves.map((route) => groups.keyOf(route, labels)),
      silencedBy: silences.idsFor(tenant, labels),
      inhibitedBy: inhibitor === undefined ? [] : [inhibitor],
    };
  }

  suppressions(tenant: string, fingerprint: string): Suppression[] {
    const tracked = this.options.table.get(tenant, fingerprint);
    return [...(tracked?.notes.values() ?? [])].flatMap(({ notes, atMs }) =>
      notes.map(({ stage, by, channel }) => ({ stage, by, integration: channel, atMs })),
    );
  }

  /** How many alerts of all tenants are told of, and how many are not. */
  counts(): { active: number; suppressed: number } {
    const counts = { active: 0, suppressed: 0 };
    const nowMs = this.options.now();
    for (const { alert, notes } of this.options.table.all()) {
      if (hasEnded(alert, nowMs)) continue;
      const isSuppressed = [...notes.values()].some((found) =>
        found.notes.some(({ stage }) => stage === "silence" || stage === "inhibit"),
      );
      counts[isSuppressed ? "suppressed" : "active"]++;
    }
    return counts;
  }

  private wanted(tracked: Tracked, filter: AlertFilter): AlertView | undefined {
    const { matchers } = filter;
    const { alert } = tracked;
    if (hasEnded(alert, this.options.now())) return undefined;
    if (matchers && !matchesAll(matchers, alert.labels)) return undefined;
    const view = this.viewOf(tracked);
    return isWanted(view, filter) ? view : undefined;
  }

  private viewOf({ alert, groups }: Tracked): AlertView {
    return {
      alert,
      status: this.statusOf(alert, groups ?? []),
      receivers: [...new Set((groups ?? []).map(({ route }) => route.receiver))],
    };
  }

  private statusOf(alert: PipelineAlert, groups: readonly AggregationGroup[]): AlertStatus {
    const { table, silences, maintenance, acknowledged, dependsOn, now } = this.options;
    const nowMs = now();
    const silencedBy = silences.idsFor(alert.tenant, alert.labels);
    const inhibitor = table.inhibitor(alert.tenant).inhibitedBy(alert.labels, nowMs);
    const inhibitedBy = inhibitor === undefined ? [] : [inhibitor];
    const isSuppressed = silencedBy.length > 0 || inhibitedBy.length > 0;
    return {
      state: groups.length === 0 ? "unprocessed" : isSuppressed ? "suppressed" : "active",
      silencedBy,
      inhibitedBy,
      mutedBy: this.mutedBy(groups, nowMs),
      maintenanceBy: maintenance(alert, nowMs),
      dependsOn: dependsOn(alert, nowMs),
      acknowledgedBy: acknowledged(alert, nowMs)[0] ?? null,
    };
  }

  private mutedBy(groups: readonly AggregationGroup[], nowMs: number): string[] {
    const names = groups.map(({ route }) => {
      if (route.muteTimeIntervals.length === 0 && route.activeTimeIntervals.length === 0) return [];
      const { muted, inactive } = mutesOf(route, this.options.intervals(), nowMs);
      return [...muted, ...inactive];
    });
    return names.every((found) => found.length > 0) ? [...new Set(names.flat())] : [];
  }
}
