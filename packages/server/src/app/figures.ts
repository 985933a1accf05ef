import type { Now } from "#lib";
import type { ProcessFigures } from "#serve";

/** Figures are means over this long. */
const SAMPLE_MS = 5000;

interface Sources {
  now: Now;
  samplesTotal: () => number;
  /** Seconds; 99th percentile of the event loop's delay. */
  eventLoopDelayP99: () => number;
}

/** Watches this process: CPU, memory, event loop and the rate of samples, renewed every five seconds. */
export function watchProcess({ now, samplesTotal, eventLoopDelayP99 }: Sources): {
  figures(): ProcessFigures;
  stop(): void;
} {
  const startMs = now();
  let cpu = process.cpuUsage();
  let samples = samplesTotal();
  let at = performance.now();
  let rates = { cpuPercent: 0, eventLoopDelayP99Seconds: 0, samplesPerSecond: 0 };
  const timer = setInterval(() => {
    const seconds = (performance.now() - at) / 1000;
    const spent = process.cpuUsage(cpu);
    rates = {
      cpuPercent: (spent.user + spent.system) / 1e4 / seconds,
      eventLoopDelayP99Seconds: eventLoopDelayP99(),
      samplesPerSecond: (samplesTotal() - samples) / seconds,
    };
    cpu = process.cpuUsage();
    samples = samplesTotal();
    at = performance.now();
  }, SAMPLE_MS).unref();
  return {
    figures: () => ({
      uptimeSeconds: (now() - startMs) / 1000,
      residentBytes: process.memoryUsage.rss(),
      ...rates,
    }),
    stop: () => clearInterval(timer),
  };
}
