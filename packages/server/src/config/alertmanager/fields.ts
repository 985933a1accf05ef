import type { DurationMs } from "#lib";
import { z } from "zod";

import { anyText } from "../prometheus/texts.ts";
import { inspectSetting, itemOf, keysOf, type Setting } from "../walk.ts";
import { isTree, type Tree } from "../text.ts";

const SPAN = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const DAY = 86_400_000;
const UNITS: readonly DurationMs[] = [365 * DAY, 7 * DAY, DAY, 3_600_000, 60_000, 1000, 1];

/** What a timer can be: longer ones are mistakes, and would not fit into Go's durations either. */
const MAX_SPAN: DurationMs = 290 * 365 * DAY;

/** A duration as Alertmanager reads it: `90s`, `1h30m`, `0`; no other number without a unit. */
export const span = () =>
  anyText(100).transform((text, context): DurationMs => {
    const fail = (message: string): DurationMs => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if (text === "0") return 0;
    if (text === "") return fail("empty duration string");
    const parts = SPAN.exec(text);
    if (!parts) return fail(`not a valid duration string: ${JSON.stringify(text)}`);
    const total = UNITS.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * unit, 0);
    return total <= MAX_SPAN ? total : fail("duration out of range");
  });

/** Values by label; one without a value is the empty one, as upstream reads it. */
export const equalMap = () =>
  z.record(
    z.string().max(1024),
    z.union([anyText(65_536), z.null().transform(() => "")], "expected a text"),
  );

/** Regular expressions by label; one without a value would match everything, and is a mistake. */
export const regexMap = () => z.record(z.string().max(1024), anyText(65_536));

/** A name of a receiver, label or interval. */
export const nameText = () => anyText(1024);

const BOOLEANS: Readonly<Record<string, boolean>> = {
  y: true,
  yes: true,
  on: true,
  n: false,
  no: false,
  off: false,
};

/** Keys of Go's HTTP client that change nothing here. */
const MEANINGLESS = new Set(["enable_http2"]);

function conformScalar(value: unknown, setting: Setting): unknown {
  if (setting.kind === "boolean" && typeof value === "string")
    return BOOLEANS[value.toLowerCase()] ?? value;
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && setting.inner instanceof z.ZodString ? String(value) : value;
}

/**
 * Reads scalars as Alertmanager's YAML library does, which is of an older version of the language: `yes` is true
 * where a boolean is wanted, and a number is a text where that is wanted. Keys without a value, and texts without a
 * character where nothing may be written, count as not given.
 */
export function conform(value: unknown, schema: z.core.$ZodType): unknown {
  const setting = inspectSetting(schema);
  const item = itemOf(setting);
  if (Array.isArray(value)) return item ? value.map((one) => conform(one, item)) : value;
  if (!isTree(value)) return conformScalar(value, setting);
  const keys = keysOf(setting);
  return keys === undefined ? conformMap(value, item) : conformSection(value, keys);
}

function conformSection(value: Tree, keys: Readonly<Record<string, z.core.$ZodType>>): Tree {
  const isHttpClient = "follow_redirects" in keys;
  const result = Object.create(null) as Tree;
  for (const [key, one] of Object.entries(value)) {
    const schema = Object.hasOwn(keys, key) ? keys[key] : undefined;
    if (one === null || (isHttpClient && MEANINGLESS.has(key))) continue;
    if (one === "" && schema && inspectSetting(schema).optional) continue;
    result[key] = schema ? conform(one, schema) : one;
  }
  return result;
}

function conformMap(value: Tree, item: z.core.$ZodType | undefined): Tree {
  const result = Object.create(null) as Tree;
  for (const [key, one] of Object.entries(value)) result[key] = item ? conform(one, item) : one;
  return result;
}
