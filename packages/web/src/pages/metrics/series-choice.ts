import type { MetricType } from "@fleetlight/contract";

import type { MetricsSearch } from "../../app/search.ts";
import { formatSelector, parseMatchers } from "../../format/selector.ts";
import type { Unit } from "../../format/units.ts";
import { rateUnit, unitOf } from "../../format/units.ts";

/** Lines drawn when nobody has chosen. */
export const DRAWN_AT_FIRST = 8;
/** Lines that one picture may hold. */
export const DRAWN_AT_MOST = 32;

/** The selector of an address; null when the labels are not written as matchers. */
export const selectorOfSearch = ({ metric = "", where = "" }: MetricsSearch): string | null => {
  const matchers = parseMatchers(where);
  return matchers === null || metric === "" ? null : formatSelector({ name: metric, matchers });
};

/** Whether samples only ever grow, so that their rate is what tells something. */
export const isCounter = (type: MetricType, name: string): boolean =>
  type === "counter" ||
  ((type === "histogram" || type === "summary" || type === "unknown") &&
    /_(total|count|sum|bucket)$/.test(name));

/** The unit of what is drawn. */
export const drawnUnit = (name: string, declared: string, asRate: boolean): Unit => {
  const unit = /_(count|bucket)$/.test(name) ? "none" : unitOf(name, declared);
  return asRate ? rateUnit(unit) : unit;
};

/** Ids of the series to draw: those of the address, else the first few. */
export const chosenIds = (search: MetricsSearch, ids: string[]): Set<string> => {
  const asked = search.series?.split(",").filter((id) => ids.includes(id)) ?? [];
  return new Set(asked.length > 0 ? asked.slice(0, DRAWN_AT_MOST) : ids.slice(0, DRAWN_AT_FIRST));
};

/** The `series` part of the address after one was switched; undefined when it is what nobody needs to say. */
export const toggled = (search: MetricsSearch, ids: string[], id: string): string | undefined => {
  const chosen = chosenIds(search, ids);
  if (chosen.has(id)) chosen.delete(id);
  else if (chosen.size < DRAWN_AT_MOST) chosen.add(id);
  const kept = ids.filter((each) => chosen.has(each));
  const asAtFirst = kept.join() === ids.slice(0, DRAWN_AT_FIRST).join();
  return kept.length === 0 || asAtFirst ? undefined : kept.join(",");
};
