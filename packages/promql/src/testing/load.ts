import { memoryStorage, STALE, type MemorySeries } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";
import { toFloatHistogram } from "./convert.ts";
import type { Kit, LoadCommand, ScriptSeries, ScriptValue } from "./shared-kit.ts";

interface Point {
  value: MemorySeries["samples"][number][1];
  startMs: number;
}

/** The series of all `load` commands since the last `clear`. */
export class Loads {
  private readonly kit: Kit;
  private readonly lines: readonly string[];
  private readonly series = new Map<
    string,
    { labels: Record<string, string>; points: Map<number, Point> }
  >();

  /** @param text of the script, in which start timestamps are looked up. */
  constructor(kit: Kit, text: string) {
    this.kit = kit;
    this.lines = text.split("\n");
  }

  add(load: LoadCommand): void {
    const series = [
      ...new Map(load.series.map((one) => [this.kit.labelKey(one.labels), one])).values(),
    ];
    const starts = load.startTimestamps ? this.startOffsets(load) : new Map<string, number[]>();
    const all = load.nhcb ? [...series, ...this.kit.nhcbSeries(series)] : series;
    for (const one of all)
      this.addSeries(one, load.step, starts.get(this.kit.labelKey(one.labels)));
  }

  storage(): Storage {
    const series: MemorySeries[] = [];
    for (const { labels, points } of this.series.values()) {
      const ordered = [...points].toSorted(([a], [b]) => a - b);
      const startTimes = ordered.map(([, { startMs }]) => startMs);
      series.push({
        labels,
        samples: ordered.map(([timeMs, { value }]) => [timeMs, value] as const),
        ...(startTimes.some((time) => time !== 0) && { startTimes }),
      });
    }
    return memoryStorage(series);
  }

  private addSeries(one: ScriptSeries, stepMs: number, startOffsets: number[] | undefined): void {
    const key = this.kit.labelKey(one.labels);
    const entry = this.series.get(key) ?? { labels: one.labels, points: new Map() };
    this.series.set(key, entry);
    for (const [index, value] of one.values.entries()) {
      if (value === undefined || entry.points.has(index * stepMs)) continue;
      const offset = startOffsets?.[index];
      const startMs = offset === undefined || Number.isNaN(offset) ? 0 : index * stepMs + offset;
      entry.points.set(index * stepMs, { value: this.valueOf(value), startMs });
    }
  }

  private valueOf(value: Exclude<ScriptValue, undefined>): Point["value"] {
    if (value === this.kit.STALE) return STALE;
    if (typeof value === "number") return value;
    if (typeof value === "symbol") throw new TypeError("an unknown kind of sample");
    return toFloatHistogram(value);
  }

  /** Lines `name{…}@st <offsets>`: when counting began, in milliseconds before (-) or after each sample. */
  private startOffsets(load: LoadCommand): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const line of this.lines.slice(load.line, load.lineEnd)) {
      const parts = /^\s*(\S*)@st\s+(.*)$/.exec(line);
      if (!parts) continue;
      const { labels } = this.kit.parseMetric(parts[1] ?? "");
      const offsets = (parts[2] ?? "")
        .trim()
        .split(/\s+/)
        .flatMap((item) => this.offsets(item));
      found.set(this.kit.labelKey(labels), offsets);
    }
    return found;
  }

  /** `_`, `_x3`, `-30s`, `-30sx2` or `-30s-1mx2` (each further one a minute less). NaN stands for none. */
  private offsets(item: string): number[] {
    const none = /^_(?:x(\d+))?$/.exec(item);
    if (none) return Array.from<number>({ length: Number(none[1] ?? 1) }).fill(NaN);
    const parts = /^([+-]?)([0-9a-z]+?)(?:([+-])([0-9a-z]+?))?(?:x(\d+))?$/.exec(item);
    if (!parts) throw new SyntaxError(`start timestamp ${item}`);
    const [, sign, first = "", stepSign, step, times = "0"] = parts;
    const start = this.kit.parseDuration(first) * (sign === "-" ? -1 : 1);
    const each = step ? this.kit.parseDuration(step) * (stepSign === "-" ? -1 : 1) : 0;
    return Array.from({ length: Number(times) + 1 }, (_, index) => start + index * each);
  }
}
