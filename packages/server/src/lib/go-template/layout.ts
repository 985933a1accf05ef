/** Names in the order of JavaScript's numbers. */
export const WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
export const MONTHS =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** A moment taken apart in its time zone. */
export interface CalendarTime {
  year: number;
  /** From 1. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  /** 0 is Sunday. */
  weekday: number;
  yearDay: number;
  offsetSeconds: number;
  zone: string;
}

const two = (value: number): string => String(value).padStart(2, "0");

function offset(seconds: number, colon: boolean, parts: number): string {
  const size = Math.abs(seconds);
  const all = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  return (
    (seconds < 0 ? "-" : "+") +
    all
      .slice(0, parts)
      .map(two)
      .join(colon ? ":" : "")
  );
}

const utcOr = (seconds: number, text: string): string => (seconds === 0 ? "Z" : text);
const hour12 = ({ hour }: CalendarTime): number => hour % 12 || 12;

/** The parts of Go's reference time, longest first where one begins with another. */
const PARTS: readonly (readonly [string, (time: CalendarTime) => string])[] = [
  ["January", (t) => MONTHS[t.month - 1] ?? ""],
  ["Jan", (t) => (MONTHS[t.month - 1] ?? "").slice(0, 3)],
  ["Monday", (t) => WEEKDAYS[t.weekday] ?? ""],
  ["Mon", (t) => (WEEKDAYS[t.weekday] ?? "").slice(0, 3)],
  ["MST", (t) => t.zone],
  ["2006", (t) => String(t.year).padStart(4, "0")],
  ["002", (t) => String(t.yearDay).padStart(3, "0")],
  ["__2", (t) => String(t.yearDay).padStart(3)],
  ["01", (t) => two(t.month)],
  ["02", (t) => two(t.day)],
  ["03", (t) => two(hour12(t))],
  ["04", (t) => two(t.minute)],
  ["05", (t) => two(t.second)],
  ["06", (t) => two(t.year % 100)],
  ["15", (t) => two(t.hour)],
  ["_2", (t) => String(t.day).padStart(2)],
  ["PM", (t) => (t.hour >= 12 ? "PM" : "AM")],
  ["pm", (t) => (t.hour >= 12 ? "pm" : "am")],
  ["Z07:00:00", (t) => utcOr(t.offsetSeconds, offset(t.offsetSeconds, true, 3))],
  ["Z070000", (t) => utcOr(t.offsetSeconds, offset(t.offsetSeconds, false, 3))],
  ["Z07:00", (t) => utcOr(t.offsetSeconds, offset(t.offsetSeconds, true, 2))],
  ["Z0700", (t) => utcOr(t.offsetSeconds, offset(t.offsetSeconds, false, 2))],
  ["Z07", (t) => utcOr(t.offsetSeconds, offset(t.offsetSeconds, false, 1))],
  ["-07:00:00", (t) => offset(t.offsetSeconds, true, 3)],
  ["-070000", (t) => offset(t.offsetSeconds, false, 3)],
  ["-07:00", (t) => offset(t.offsetSeconds, true, 2)],
  ["-0700", (t) => offset(t.offsetSeconds, false, 2)],
  ["-07", (t) => offset(t.offsetSeconds, false, 1)],
  ["1", (t) => String(t.month)],
  ["2", (t) => String(t.day)],
  ["3", (t) => String(hour12(t))],
  ["4", (t) => String(t.minute)],
  ["5", (t) => String(t.second)],
];

const escape = (text: string): string => text.replace(/[-:]/g, String.raw`\$&`);
const abbreviated = new Set(["Jan", "Mon"]);
const PATTERN = new RegExp(
  [
    "([.,](?:0+|9+)(?![0-9]))",
    "(?:_(?=2006))",
    `(${PARTS.map(([name]) => escape(name) + (abbreviated.has(name) ? "(?![a-z])" : "")).join("|")})`,
  ].join("|"),
  "g",
);
const WRITERS = new Map(PARTS);

function fraction(mark: string, nanosecond: number): string {
  const digits = String(nanosecond)
    .padStart(9, "0")
    .slice(0, mark.length - 1)
    .padEnd(mark.length - 1, "0");
  if (mark[1] === "0") return `${mark[0]}${digits}`;
  const short = digits.replace(/0+$/, "");
  return short === "" ? "" : `${mark[0]}${short}`;
}

/** Writes a time as Go does when the layout shows how the reference time would look. */
export const formatLayout = (time: CalendarTime, layout: string): string =>
  layout.replace(PATTERN, (all: string, mark?: string, part?: string) => {
    if (mark !== undefined) return fraction(mark, time.nanosecond);
    return part === undefined ? all : (WRITERS.get(part)?.(time) ?? all);
  });
