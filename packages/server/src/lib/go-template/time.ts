import { formatLayout, MONTHS, WEEKDAYS, type CalendarTime } from "./layout.ts";
import {
  fail,
  GoObject,
  INT,
  STRING,
  type GoFunction,
  type ParameterType,
  type Value,
} from "./values.ts";

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
const MAX_LAYOUT = 1000;

/** Whole number over whole number, towards minus infinity. */
const floorDiv = (a: bigint, b: bigint): bigint =>
  a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);

const noArguments = (call: () => Value): GoFunction => ({ parameters: [], call });

/** A number with a name, such as a month: prints as the name, compares as nothing else. */
class GoName extends GoObject {
  override readonly typeName: string;
  private readonly name: string;
  constructor(type: string, name: string) {
    super();
    this.typeName = type;
    this.name = name;
  }
  override get truth(): boolean {
    return true;
  }
  override method(name: string): GoFunction | undefined {
    return name === "String" ? noArguments(() => this.name) : undefined;
  }
  override text(): string {
    return this.name;
  }
}

const UNITS: readonly (readonly [string, bigint])[] = [
  ["h", 3600n * NANOS_PER_SECOND],
  ["m", 60n * NANOS_PER_SECOND],
];

/** Go's Duration: a whole number of nanoseconds. */
export class GoDuration extends GoObject {
  override readonly typeName = "time.Duration";
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    super();
    this.nanos = nanos;
  }

  static ofSeconds(seconds: number): GoDuration {
    const nanos = Math.trunc(seconds * 1e9);
    return new GoDuration(Number.isFinite(nanos) ? BigInt(nanos) : 0n);
  }

  override get truth(): boolean {
    return this.nanos !== 0n;
  }

  get seconds(): number {
    return Number(this.nanos) / 1e9;
  }

  /** `1h2m3.5s`, and below a second `1.5ms`. */
  override text(): string {
    if (this.nanos === 0n) return "0s";
    const sign = this.nanos < 0n ? "-" : "";
    let rest = this.nanos < 0n ? -this.nanos : this.nanos;
    const small = (
      [
        ["ns", 1n],
        ["µs", 1000n],
        ["ms", NANOS_PER_MS],
      ] as const
    ).findLast(([, size]) => rest >= size && rest < NANOS_PER_SECOND);
    if (small) return sign + decimal(rest, small[1]) + small[0];
    let result = sign;
    for (const [unit, size] of UNITS) {
      if (rest >= size || result !== sign) result += `${rest / size}${unit}`;
      rest %= size;
    }
    return `${result}${decimal(rest, NANOS_PER_SECOND)}s`;
  }

  override method(name: string): GoFunction | undefined {
    const { nanos } = this;
    const rounded = (call: (unit: bigint) => bigint): GoFunction => ({
      parameters: [DURATION],
      call: ([unit]) => {
        const size = nanosOf(unit);
        return new GoDuration(size <= 0n ? nanos : call(size));
      },
    });
    switch (name) {
      case "Seconds":
        return noArguments(() => Number(nanos) / 1e9);
      case "Minutes":
        return noArguments(() => Number(nanos) / 6e10);
      case "Hours":
        return noArguments(() => Number(nanos) / 3.6e12);
      case "Milliseconds":
        return noArguments(() => nanos / NANOS_PER_MS);
      case "Microseconds":
        return noArguments(() => nanos / 1000n);
      case "Nanoseconds":
        return noArguments(() => nanos);
      case "Abs":
        return noArguments(() => new GoDuration(nanos < 0n ? -nanos : nanos));
      case "String":
        return noArguments(() => this.text());
      case "Truncate":
        return rounded((unit) => nanos - (nanos % unit));
      case "Round":
        return rounded((unit) => floorDiv(nanos + unit / 2n, unit) * unit);
      default:
        return undefined;
    }
  }
}

function decimal(value: bigint, unit: bigint): string {
  const digits = String(unit).length - 1;
  const rest =
    digits === 0
      ? ""
      : String(value % unit)
          .padStart(digits, "0")
          .replace(/0+$/, "");
  return rest === "" ? String(value / unit) : `${value / unit}.${rest}`;
}

/** A length of time; a constant is a number of nanoseconds. */
export const DURATION: ParameterType = {
  name: "time.Duration",
  accepts: (value) => value instanceof GoDuration || typeof value === "bigint",
  constant: "int",
};

const MAX_DURATION = 2n ** 63n;

/** A longer time is the longest that there is. */
const within64Bits = (nanos: bigint): bigint =>
  nanos < -MAX_DURATION ? -MAX_DURATION : nanos >= MAX_DURATION ? MAX_DURATION - 1n : nanos;

const nanosOf = (value: Value): bigint =>
  value instanceof GoDuration ? value.nanos : typeof value === "bigint" ? value : 0n;

export const TIME: ParameterType = {
  name: "time.Time",
  accepts: (value) => value instanceof GoTime,
};

/** What years a calendar of JavaScript has, in nanoseconds. */
const MAX_NANOS = 8_640_000_000_000_000n * NANOS_PER_MS;

const zones = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_ZONES = 700;

/** A formatter of an IANA zone; undefined when there is no such zone. */
function zoneFormat(name: string): Intl.DateTimeFormat | undefined {
  if (zones.has(name)) return zones.get(name);
  let made: Intl.DateTimeFormat | undefined;
  try {
    made = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  } catch {
    made = undefined;
  }
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, made);
  return made;
}

const LOCALES = "en-US en-GB en-AU en-NZ en-IN en-ZA".split(" ");

/** `CET`; zones without letters are called by their offset. */
function abbreviation(ms: number, zone: string, offsetSeconds: number): string {
  for (const locale of LOCALES) {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "short" });
    const name = parts.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
    if (/^[A-Z]{2,5}$/.test(name)) return name;
  }
  const size = Math.abs(offsetSeconds);
  const minutes = Math.floor(size / 60) % 60;
  const hours = String(Math.floor(size / 3600)).padStart(2, "0");
  return (
    (offsetSeconds < 0 ? "-" : "+") + hours + (minutes > 0 ? String(minutes).padStart(2, "0") : "")
  );
}

function offsetAt(ms: number, zone: string): number {
  const parts = zoneFormat(zone)?.formatToParts(ms) ?? [];
  const text = parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
  const found = /([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(text);
  if (!found) return 0;
  const seconds = Number(found[2]) * 3600 + Number(found[3]) * 60 + Number(found[4] ?? 0);
  return found[1] === "-" ? -seconds : seconds;
}

const DEFAULT_LAYOUT = "2006-01-02 15:04:05.999999999 -0700 MST";

/** Go's Time: nanoseconds since 1970 and a time zone. */
export class GoTime extends GoObject {
  override readonly typeName = "time.Time";
  readonly nanos: bigint;
  private readonly zone: string;

  constructor(nanos: bigint, zone = "UTC") {
    super();
    this.nanos = nanos > MAX_NANOS ? MAX_NANOS : nanos < -MAX_NANOS ? -MAX_NANOS : nanos;
    this.zone = zone;
  }

  static ofMs(ms: number): GoTime {
    return new GoTime(BigInt(Math.round(ms * 1e3)) * 1000n);
  }

  /** Reads RFC 3339 with up to nine digits of a second; undefined for anything else. */
  static parse(text: string): GoTime | undefined {
    const found = /^(.{19})(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
    if (!found) return undefined;
    const ms = Date.parse(`${found[1]}${found[3]}`);
    if (Number.isNaN(ms)) return undefined;
    return new GoTime(BigInt(ms) * NANOS_PER_MS + BigInt((found[2] ?? "").padEnd(9, "0")));
  }

  override get truth(): boolean {
    return true;
  }

  /** @throws FunctionError when there is no such zone. */
  in(zone: string): GoTime {
    const name = zone === "" ? "UTC" : zone === "Local" ? localZone() : zone;
    if (name !== "UTC" && zoneFormat(name) === undefined) fail(`unknown time zone ${zone}`);
    return new GoTime(this.nanos, name);
  }

  calendar(): CalendarTime {
    const ms = Number(floorDiv(this.nanos, NANOS_PER_MS));
    const offsetSeconds = this.zone === "UTC" ? 0 : offsetAt(ms, this.zone);
    const local = new Date(ms + offsetSeconds * 1000);
    const year = local.getUTCFullYear();
    const newYear = new Date(0);
    newYear.setUTCFullYear(year, 0, 1);
    const month = local.getUTCMonth();
    return {
      year,
      month: month + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
      nanosecond: Number(((this.nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND),
      weekday: local.getUTCDay(),
      yearDay: Math.floor((local.getTime() - newYear.getTime()) / 86_400_000) + 1,
      offsetSeconds,
      zone: this.zone === "UTC" ? "UTC" : abbreviation(ms, this.zone, offsetSeconds),
    };
  }

  /** @throws FunctionError */
  format(layout: string): string {
    if (layout.length > MAX_LAYOUT) fail(`a layout has at most ${MAX_LAYOUT} characters`);
    return formatLayout(this.calendar(), layout);
  }

  override text(): string {
    return this.format(DEFAULT_LAYOUT);
  }

  override method(name: string): GoFunction | undefined {
    return this.readers(name) ?? this.arithmetic(name);
  }

  private readers(name: string): GoFunction | undefined {
    const part = (read: (time: CalendarTime) => Value) => noArguments(() => read(this.calendar()));
    const count = (read: (time: CalendarTime) => number) => part((time) => BigInt(read(time)));
    switch (name) {
      case "Unix":
        return noArguments(() => floorDiv(this.nanos, NANOS_PER_SECOND));
      case "UnixMilli":
        return noArguments(() => floorDiv(this.nanos, NANOS_PER_MS));
      case "UnixNano":
        return noArguments(() => this.nanos);
      case "String":
        return noArguments(() => this.text());
      case "Year":
        return count(({ year }) => year);
      case "Month":
        return part(({ month }) => new GoName("time.Month", MONTHS[month - 1] ?? ""));
      case "Day":
        return count(({ day }) => day);
      case "Hour":
        return count(({ hour }) => hour);
      case "Minute":
        return count(({ minute }) => minute);
      case "Second":
        return count(({ second }) => second);
      case "Nanosecond":
        return count(({ nanosecond }) => nanosecond);
      case "YearDay":
        return count(({ yearDay }) => yearDay);
      case "Weekday":
        return part(({ weekday }) => new GoName("time.Weekday", WEEKDAYS[weekday] ?? ""));
      case "IsZero":
        return noArguments(() => this.nanos === ZERO_NANOS);
      default:
        return undefined;
    }
  }

  private arithmetic(name: string): GoFunction | undefined {
    const compared = (call: (other: bigint) => Value): GoFunction => ({
      parameters: [TIME],
      call: ([other]) => call((other as GoTime).nanos),
    });
    switch (name) {
      case "Format":
        return { parameters: [STRING], call: ([layout]) => this.format(String(layout)) };
      case "UTC":
        return noArguments(() => this.in("UTC"));
      case "Local":
        return noArguments(() => this.in("Local"));
      case "Add":
        return {
          parameters: [DURATION],
          call: ([by]) => new GoTime(this.nanos + nanosOf(by), this.zone),
        };
      case "AddDate":
        return { parameters: [INT, INT, INT], call: (args) => this.addDate(args.map(Number)) };
      case "Sub":
        return compared((other) => new GoDuration(within64Bits(this.nanos - other)));
      case "Before":
        return compared((other) => this.nanos < other);
      case "After":
        return compared((other) => this.nanos > other);
      case "Equal":
        return compared((other) => this.nanos === other);
      default:
        return undefined;
    }
  }

  private addDate([years = 0, months = 0, days = 0]: number[]): GoTime {
    const from = Number(floorDiv(this.nanos, NANOS_PER_MS));
    const date = new Date(from);
    date.setUTCFullYear(
      date.getUTCFullYear() + years,
      date.getUTCMonth() + months,
      date.getUTCDate() + days,
    );
    if (Number.isNaN(date.getTime())) fail("date out of range");
    return new GoTime(this.nanos + BigInt(date.getTime() - from) * NANOS_PER_MS, this.zone);
  }
}

const ZERO_NANOS = BigInt(Date.parse("0001-01-01T00:00:00Z")) * NANOS_PER_MS;

const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;
