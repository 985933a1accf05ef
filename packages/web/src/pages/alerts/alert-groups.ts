import type { RoutedGroup } from "@fleetlight/contract";

import type { AlertRow } from "./alert-rows.ts";

/** A line of the list: an alert, or the head of the group that it is told of with. */
export type ListItem =
  | { kind: "alert"; row: AlertRow; group: string }
  | {
      kind: "group";
      key: string;
      title: string;
      labels: Record<string, string>;
      receiver: string;
      count: number;
      /** Unix milliseconds. */
      nextFlush: number | null;
    };

export const flatItems = (rows: readonly AlertRow[]): ListItem[] =>
  rows.map((row) => ({ kind: "alert", row, group: "" }));

const titleOf = (labels: Record<string, string>): string =>
  Object.values(labels).join(", ") || "everything else";

/**
 * Alerts under the groups that notifications tell of, worst group first; an alert that several routes take stands in
 * several groups. What no group has, such as an alert that is only pending, comes last.
 */
export const groupItems = (
  rows: readonly AlertRow[],
  groups: readonly RoutedGroup[],
): ListItem[] => {
  const byPrint = new Map<string, AlertRow>();
  const order = new Map<AlertRow, number>();
  for (const [index, row] of rows.entries()) {
    order.set(row, index);
    if (row.fingerprint !== null) byPrint.set(row.fingerprint, row);
  }
  const rank = (row: AlertRow | undefined): number =>
    row === undefined ? rows.length : (order.get(row) ?? rows.length);
  const grouped = new Set<AlertRow>();
  const made = groups.map((group) => {
    const members = group.fingerprints
      .map((fingerprint) => byPrint.get(fingerprint))
      .filter((row) => row !== undefined)
      .toSorted((a, b) => rank(a) - rank(b));
    for (const row of members) grouped.add(row);
    return { key: group.key, group, receiver: group.receiver, members };
  });
  const items: ListItem[] = [];
  const shown = made
    .filter(({ members }) => members.length > 0)
    .toSorted((a, b) => rank(a.members[0]) - rank(b.members[0]));
  for (const { key, group, receiver, members } of shown) {
    items.push({
      kind: "group",
      key,
      title: titleOf(group.labels),
      labels: group.labels,
      receiver,
      count: members.length,
      nextFlush: group.next_flush_at === null ? null : Date.parse(group.next_flush_at),
    });
    for (const row of members) items.push({ kind: "alert", row, group: key });
  }
  const rest = rows.filter((row) => !grouped.has(row));
  if (rest.length === 0) return items;
  items.push({
    kind: "group",
    key: "-",
    title: "in no group",
    labels: {},
    receiver: "",
    count: rest.length,
    nextFlush: null,
  });
  for (const row of rest) items.push({ kind: "alert", row, group: "-" });
  return items;
};
