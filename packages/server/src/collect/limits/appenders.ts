import type { Appender, MetricStore } from "#store";

/** Appenders that wait for the next request; further ones are forgotten. */
const MAX_IDLE = 32;
/** An appender that had more samples than this keeps too much memory to wait for the next request. */
const MAX_SAMPLES = 65_536;

/** Appenders whose columns are used again, request after request. */
export class AppenderPool {
  private readonly idle: { tenant: string; appender: Appender }[] = [];

  take(metrics: MetricStore, tenant: string): Appender {
    const at = this.idle.findLastIndex((one) => one.tenant === tenant);
    const [found] = at < 0 ? [] : this.idle.splice(at, 1);
    return found?.appender ?? metrics.appender(tenant);
  }

  /** Whatever is in it is dropped. */
  give(tenant: string, appender: Appender): void {
    const isSmall = appender.capacity <= MAX_SAMPLES;
    appender.rollback();
    if (!isSmall) return;
    if (this.idle.length >= MAX_IDLE) this.idle.shift();
    this.idle.push({ tenant, appender });
  }
}
