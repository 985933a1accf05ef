import type { LabelMatcher } from "@fleetlight/promql";
import { parseMatchers } from "@fleetlight/promql";
import type { FastifyRequest } from "fastify";

import { badData, badParameter, parsing } from "./errors.ts";

/** The largest time that a `Date` can hold, in ms from 1970; later ones are taken for it. */
const MAX_TIME_MS = 8.64e15;
/** The longest duration that Go's 64-bit nanoseconds hold, in ms. */
const MAX_DURATION_MS = 2 ** 63 / 1e6;
/** Selectors that one request may carry. */
const MAX_SELECTORS = 1000;

const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
/** How Go's clients write the earliest and the latest time there is. */
const BOUNDS: ReadonlyMap<string, number> = new Map([
  ["-292273086-05-16T16:47:06Z", -MAX_TIME_MS],
  ["292277025-08-18T07:12:54.999999999Z", MAX_TIME_MS],
]);
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNITS_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1];

const clamp = (timeMs: number): number => Math.max(-MAX_TIME_MS, Math.min(MAX_TIME_MS, timeMs));

/** Unix seconds, or RFC 3339, as milliseconds. @throws Error in upstream's words. */
export function parseTime(text: string): number {
  const seconds = FLOAT.test(text) ? Number(text) : Number.NaN;
  // What no float holds, such as `1e400`, is no number of seconds either.
  if (Number.isFinite(seconds)) {
    const whole = Math.trunc(seconds);
    return clamp(whole * 1000 + Math.round((seconds - whole) * 1000));
  }
  const bound = BOUNDS.get(text);
  if (bound !== undefined) return bound;
  const timeMs = RFC_3339.test(text) ? Date.parse(text.replace(",", ".")) : Number.NaN;
  if (Number.isNaN(timeMs))
    throw new RangeError(`cannot parse ${JSON.stringify(text)} to a valid timestamp`);
  return timeMs;
}

/** Seconds, or a duration such as `1h30m`, as milliseconds. @throws Error in upstream's words. */
export function parseDuration(text: string): number {
  if (FLOAT.test(text)) {
    // Go cuts seconds to whole nanoseconds: 1.001 s are 1000.999999 ms.
    const ms = Math.trunc(Number(text) * 1e9) / 1e6;
    if (Math.abs(ms) <= MAX_DURATION_MS) return ms;
    throw new RangeError(
      `cannot parse ${JSON.stringify(text)} to a valid duration. It overflows int64`,
    );
  }
  const parts = DURATION.exec(text);
  const ms = UNITS_MS.reduce((sum, unit, i) => sum + unit * Number(parts?.[i + 1] ?? 0), 0);
  if (parts === null || text === "" || ms > MAX_DURATION_MS)
    throw new RangeError(`cannot parse ${JSON.stringify(text)} to a valid duration`);
  return ms;
}

const named = <T>(name: string, read: () => T, prefix = ""): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw badParameter(name, prefix + error.message);
    throw error;
  }
};

/** The parameters of a request: those of a form in its body, then those of its URL. */
export class Params {
  private readonly body: URLSearchParams | undefined;
  private readonly url: URLSearchParams;

  constructor(request: FastifyRequest) {
    const at = request.raw.url?.indexOf("?") ?? -1;
    this.url = new URLSearchParams(at < 0 ? "" : request.raw.url?.slice(at + 1));
    if (typeof request.body === "string") this.body = new URLSearchParams(request.body);
  }

  /** The first value; empty when there is none. */
  text(name: string): string {
    return this.body?.get(name) ?? this.url.get(name) ?? "";
  }

  all(name: string): string[] {
    return [...(this.body?.getAll(name) ?? []), ...this.url.getAll(name)];
  }

  /** A time that must be given. */
  time(name: string): number {
    return named(name, () => parseTime(this.text(name)));
  }

  /** A time that may be left out. */
  optionalTime(name: string): number | undefined {
    const text = this.text(name);
    if (text === "") return undefined;
    return named(name, () => parseTime(text), `invalid time value for '${name}': `);
  }

  duration(name: string): number {
    return named(name, () => parseDuration(this.text(name)));
  }

  optionalDuration(name: string): number | undefined {
    return this.text(name) === "" ? undefined : this.duration(name);
  }

  /** How many results are wanted at most; `Infinity` when nothing, or 0, is said. */
  limit(): number {
    const text = this.text("limit");
    if (text === "") return Infinity;
    if (!/^[+-]?\d+$/.test(text)) {
      const reason = `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
      throw badParameter("limit", reason);
    }
    const limit = Number(text);
    if (limit < 0) throw badParameter("limit", "limit must be non-negative");
    return limit === 0 ? Infinity : limit;
  }

  /** `limit` of the resources that take any whole number; negative is none. */
  count(name: string): number {
    const text = this.text(name);
    if (text === "") return Infinity;
    if (!/^[+-]?\d+$/.test(text)) throw badData(`${name} must be a number`);
    const count = Number(text);
    return count < 0 ? Infinity : count;
  }

  /** A yes or no as Go writes it; nothing is no. */
  flag(name: string): boolean {
    const text = this.text(name);
    if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true;
    if (/^(?:0|f|F|false|FALSE|False)?$/.test(text)) return false;
    const reason = `error converting ${name}: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
    throw badParameter(name, reason);
  }

  /** The selectors of `match[]`. @throws PromQLError for what is no selector. */
  selectors(): LabelMatcher[][] {
    const texts = this.all("match[]");
    if (texts.length > MAX_SELECTORS) throw badData(`at most ${MAX_SELECTORS} match[] are taken`);
    return texts.map((text) => parseMatchers(text));
  }

  /** The expression of a parameter through a parser. */
  parsed<T>(name: string, parse: (text: string) => T): T {
    return parsing(name, () => parse(this.text(name)));
  }
}
