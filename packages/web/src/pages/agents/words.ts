import type { AgentStatus, Band } from "@fleetlight/contract";

import { formatValue, MISSING } from "../../format/units.ts";

export const STATUS_WORDS: Readonly<Record<AgentStatus, string>> = {
  working: "Working",
  idle: "Idle",
  silent: "Silent",
  failing: "Failing",
};

export const STATUS_HINTS: Readonly<Record<AgentStatus, string>> = {
  working: "A task or run goes on",
  idle: "Nothing goes on, and it was heard of lately",
  silent: "Nothing was heard of it for long",
  failing: "Most of its tasks failed in the last hour",
};

export const BAND_WORDS: Readonly<Record<Band, string>> = {
  excellent: "Excellent",
  good: "Good",
  warning: "Low",
  critical: "Critical",
};

export const hoursWord = (hours: number): string => (hours < 24 ? `${hours} h` : `${hours / 24} d`);

/** A small number as people write it: `2.4`, `12`, `1,250`. */
export const perHour = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Math.round(value * 10) / 10);

export const share = (value: number | null): string =>
  value === null ? MISSING : `${Math.round(value * 100)}%`;

/** Of a result, 0 to 1. */
export const quality = (value: number | null): string =>
  value === null ? MISSING : value.toFixed(2);

export const money = (value: number | null): string => {
  if (value === null) return MISSING;
  if (value === 0) return "$0";
  return value < 0.01 ? "< $0.01" : `$${value.toFixed(2)}`;
};

export const seconds = (value: number | null): string => formatValue(value, "seconds");

/** How a figure compares with the one of before: its words, and whether that is good. */
export interface Change {
  words: string;
  /** Undefined when it is neither. */
  isBetter: boolean | undefined;
}

/** Differences below this share are none. */
const SAME = 0.01;

/**
 * @param rising whether more is better; undefined when nobody can say
 * @returns undefined when there is nothing to compare with
 */
export function changeOf(
  now: number | null,
  before: number | null,
  rising: boolean | undefined,
): Change | undefined {
  if (now === null || before === null || before === 0) return undefined;
  const difference = (now - before) / Math.abs(before);
  if (Math.abs(difference) < SAME) return { words: "as before", isBetter: undefined };
  const percent = Math.round(Math.abs(difference) * 100);
  const amount = percent > 999 ? `${Math.round(now / before)} times` : `${percent}%`;
  const words =
    percent > 999 ? `${amount} as much` : `${amount} ${difference > 0 ? "more" : "less"}`;
  return { words, isBetter: rising === undefined ? undefined : difference > 0 === rising };
}
