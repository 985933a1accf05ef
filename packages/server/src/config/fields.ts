import { isIP, isIPv4 } from "node:net";

import { describeError, parseDuration, type DurationMs } from "#lib";
import { z } from "zod";

/** How a field is named in docs/configuration.md and read from an environment variable. */
export type FieldKind = "duration" | "bytes" | "level";

declare module "zod" {
  interface GlobalMeta {
    fieldKind?: FieldKind;
  }
}

interface DurationRange {
  min?: string;
  max?: string;
}

/** Timers of Node overflow above 24.8 days; what repeats or times out stays far below. */
export const TIMER_RANGE: DurationRange = { min: "100ms", max: "1d" };

/** `15s`, `1h30m`, `100y` or a number of seconds; milliseconds once it is read. */
export function duration({ min = "0s", max = "1000y" }: DurationRange = {}) {
  const least = parseDuration(min);
  const most = parseDuration(max);
  return z
    .custom<string | number>()
    .transform((value, context): DurationMs => {
      const problem = (message: string): DurationMs => {
        context.addIssue({ code: "custom", message });
        return z.NEVER;
      };
      if (typeof value !== "string" && typeof value !== "number") {
        return problem("expected a duration such as 15s, 1h30m or 100y");
      }
      try {
        const parsed = parseDuration(value);
        if (parsed >= least && parsed <= most) return parsed;
        return problem(`must be between ${min} and ${max}`);
      } catch (error) {
        return problem(describeError(error));
      }
    })
    .meta({ fieldKind: "duration" });
}

const BYTE_UNITS: Record<string, number> = {
  "": 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
  t: 1024 ** 4,
  tib: 1024 ** 4,
  tb: 1000 ** 4,
};

/** Bytes of `52428800`, `50MiB`, `1.5 GB`; undefined when the text is none of these. */
export function parseBytes(value: string | number): number | undefined {
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const parts = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(value.trim());
  const unit = BYTE_UNITS[(parts?.[2] ?? "").toLowerCase()];
  if (!parts || unit === undefined) return undefined;
  const bytes = Math.round(Number(parts[1]) * unit);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A number of bytes, or a text such as `50MiB`; bytes once it is read. */
export function bytes({ min = 0 }: { min?: number } = {}) {
  return z
    .custom<string | number>()
    .transform((value, context): number => {
      const parsed =
        typeof value === "string" || typeof value === "number" ? parseBytes(value) : undefined;
      if (parsed !== undefined && parsed >= min) return parsed;
      const message =
        parsed === undefined
          ? "expected a size in bytes such as 52428800, 50MiB or 10GB"
          : `must be at least ${min} bytes`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    })
    .meta({ fieldKind: "bytes" });
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** Python's and syslog's names are what the replaced systems' configurations carry. */
const LEVEL_ALIASES: Record<string, string> = {
  warning: "warn",
  critical: "fatal",
  notice: "info",
  off: "silent",
};

export const logLevel = () =>
  z
    .preprocess((value) => {
      if (typeof value !== "string") return value;
      const lower = value.toLowerCase();
      return LEVEL_ALIASES[lower] ?? lower;
    }, z.enum(LOG_LEVELS))
    .meta({ fieldKind: "level" });

/** A URL with one of the given schemes; kept as text because it is handed to clients as text. */
export const url = (...schemes: string[]) =>
  z
    .string()
    .max(4096)
    .refine(
      (text) => URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1)),
      `expected a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
    );

/** `10.0.0.0/8`, `fd00::/8` or one address. */
export const cidr = () =>
  z.string().refine((text) => {
    const [address = "", prefix, ...rest] = text.split("/");
    if (rest.length > 0 || isIP(address) === 0) return false;
    if (prefix === undefined) return true;
    return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv4(address) ? 32 : 128);
  }, "expected an address or a network such as 10.0.0.0/8 or fd00::/8");

export const port = () => z.int().min(0).max(65_535);

/** A port, or `off` for none: text in an environment variable, a number in a file. */
export const portOrOff = () =>
  z.custom<number | string>().transform((value, context): number | "off" => {
    if (value === "off") return "off";
    const read = typeof value === "string" && /^\d{1,5}$/.test(value) ? Number(value) : value;
    const parsed = port().safeParse(read);
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: "expected a port from 0 to 65535, or off" });
    return z.NEVER;
  });

/** A path of a file. */
export const file = () => z.string().min(1).max(4096);

/** A section whose keys all have defaults may be left out. */
export const section = <Shape extends z.ZodRawShape>(description: string, shape: Shape) =>
  z
    .strictObject(shape)
    .prefault({} as never)
    .describe(description);
