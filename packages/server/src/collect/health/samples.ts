import type { ServiceRegistration, ServiceStatus } from "@fleetlight/contract";

import {
  FleetlightError,
  NAME_LABEL,
  describeError,
  labelKey,
  type LabelSet,
  type Logger,
} from "#lib";
import type { Appender, MetricStore, SeriesRef } from "#store";

import { serviceLabels, type WatchedService } from "../services/index.ts";

/** Values of one check; null is not recorded. */
export interface CheckValues {
  success: boolean;
  durationSeconds: number | null;
  statusCode: number | null;
  status: ServiceStatus;
}

const METRICS = [
  { name: "probe_success", unit: "", help: "Whether the latest check of the service succeeded." },
  {
    name: "probe_duration_seconds",
    unit: "seconds",
    help: "Time from the start of the check to the end of the answer.",
  },
  {
    name: "probe_http_status_code",
    unit: "",
    help: "HTTP status of the answer; 0 when there was none.",
  },
  {
    name: "fleetlight_service_status",
    unit: "",
    help: "State of the service after damping: 0 unhealthy, 1 degraded, 2 healthy.",
  },
] as const;

const STATUS_VALUES: Record<ServiceStatus, number | null> = {
  unhealthy: 0,
  degraded: 1,
  healthy: 2,
  unknown: null,
};

/** The series of one service. */
interface Known {
  tenant: string;
  registration: ServiceRegistration;
  key: string;
  refs: (SeriesRef | null)[];
}

interface Waiting {
  tenant: string;
  timeMs: number;
  refs: (SeriesRef | null)[];
  /** Null ends the series. */
  values: (number | null)[] | null;
}

/** Results that wait for the store; more are dropped and counted. */
const MAX_WAITING = 50_000;

export interface SampleCounts {
  /** Results that were lost because the store was too far behind. */
  dropped: number;
  /** Series that the store refused because it is full. */
  seriesRefused: number;
}

function appendTo(appender: Appender, { refs, values, timeMs }: Waiting): void {
  for (const [index, ref] of refs.entries()) {
    const value = values?.[index] ?? null;
    if (ref === null) continue;
    if (values === null) appender.appendStale(ref, timeMs);
    else if (value !== null) appender.append(ref, timeMs, value);
  }
}

/**
 * Writes the results of checks as samples. Results that come while a commit is under way go into the next one
 * together, so that a thousand checks a second cost no thousand commits.
 */
export class CheckSamples {
  readonly counts: SampleCounts = { dropped: 0, seriesRefused: 0 };
  private readonly metrics: MetricStore;
  private readonly logger: Logger;
  private readonly known = new Map<string, Known>();
  private readonly appenders = new Map<string, Appender>();
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;

  constructor(metrics: MetricStore, logger: Logger) {
    this.metrics = metrics;
    this.logger = logger;
  }

  record(key: string, service: WatchedService, timeMs: number, values: CheckValues): void {
    const columns = [
      values.success ? 1 : 0,
      values.durationSeconds,
      values.statusCode,
      STATUS_VALUES[values.status],
    ];
    const { tenant, refs } = this.seriesOf(key, service, timeMs, columns);
    this.push({ tenant, timeMs, refs, values: columns });
  }

  /** Marks the series of a service as ended. */
  end(key: string, timeMs: number): void {
    const known = this.known.get(key);
    if (!known) return;
    this.known.delete(key);
    this.push({ tenant: known.tenant, timeMs, refs: known.refs, values: null });
  }

  /** Resolves when nothing waits. */
  async settle(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private seriesOf(
    key: string,
    service: WatchedService,
    timeMs: number,
    columns: readonly (number | null)[],
  ): Known {
    const { tenant, registration } = service;
    let known = this.known.get(key);
    if (known?.registration !== registration) {
      const labels = { ...serviceLabels(service), type: registration.type };
      const labelsKey = labelKey(labels);
      if (known && known.key !== labelsKey) {
        this.end(key, timeMs);
        known = undefined;
      }
      const refs = known?.refs ?? METRICS.map(() => null);
      known = { tenant, registration, key: labelsKey, refs };
      this.known.set(key, known);
    }
    let labels: LabelSet | undefined;
    for (const [index, { name }] of METRICS.entries()) {
      if (columns[index] === null || known.refs[index] !== null) continue;
      labels ??= { ...serviceLabels(service), type: registration.type };
      known.refs[index] = this.findSeries(tenant, { ...labels, [NAME_LABEL]: name });
    }
    return known;
  }

  private findSeries(tenant: string, labels: LabelSet): SeriesRef | null {
    try {
      return this.appenderOf(tenant).series(labels);
    } catch (error) {
      if (!(error instanceof FleetlightError) || error.code !== "limit_reached") throw error;
      this.counts.seriesRefused++;
      return null;
    }
  }

  private appenderOf(tenant: string): Appender {
    const known = this.appenders.get(tenant);
    if (known) return known;
    for (const { name, unit, help } of METRICS) {
      this.metrics.describe(tenant, name, { type: "gauge", unit, help });
    }
    const appender = this.metrics.appender(tenant);
    this.appenders.set(tenant, appender);
    return appender;
  }

  private push(one: Waiting): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.counts.dropped++;
      return;
    }
    this.waiting.push(one);
    this.writing ??= this.write();
  }

  private async write(): Promise<void> {
    // What comes within the same turn of the event loop goes along.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      const tenants = new Set(batch.map(({ tenant }) => tenant));
      for (const tenant of tenants) {
        await this.commit(
          tenant,
          batch.filter((one) => one.tenant === tenant),
        );
      }
    }
    this.writing = undefined;
  }

  private async commit(tenant: string, batch: readonly Waiting[]): Promise<void> {
    const appender = this.appenderOf(tenant);
    try {
      for (const one of batch) appendTo(appender, one);
      await appender.commit();
    } catch (error) {
      appender.rollback();
      this.counts.dropped += batch.length;
      this.logger.warn(
        { tenant, results: batch.length, error: describeError(error) },
        "Results of checks could not be stored",
      );
    }
  }
}
