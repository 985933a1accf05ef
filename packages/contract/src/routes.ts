import { z } from "zod";

import { Labels, Timestamp } from "./common.ts";

/**
 * The route tree, and where an alert goes in it.
 *
 *     GET   /api/v1/routes            the tree of the configuration in force
 *     POST  /api/v1/routes/explain    the way of an alert with these labels
 */
export const RouteNode = z.object({
  /** Place in the tree: `0` is the root, `0/2/1` below. */
  id: z.string(),
  /** Null for the root. */
  parent: z.string().nullable(),
  receiver: z.string(),
  /** As they are written: `severity=~"critical|high"`. Empty on the root. */
  matchers: z.array(z.string()),
  group_by: z.array(z.string()),
  /** Every label set is a group of its own. */
  group_by_all: z.boolean(),
  group_wait_seconds: z.number(),
  group_interval_seconds: z.number(),
  repeat_interval_seconds: z.number(),
  /** Whether siblings that come later are asked as well. */
  continues: z.boolean(),
  mute_time_intervals: z.array(z.string()),
  active_time_intervals: z.array(z.string()),
});
export type RouteNode = z.infer<typeof RouteNode>;

/** Parents before children, siblings in their order. */
export const RouteTree = z.object({
  routes: z.array(RouteNode),
  receivers: z.array(z.string()),
  count: z.int(),
});
export type RouteTree = z.infer<typeof RouteTree>;

/** Body of `POST /api/v1/routes/explain`. */
export const RouteExplainInput = z.strictObject({ labels: Labels });
export type RouteExplainInput = z.infer<typeof RouteExplainInput>;

/** One way from the root to a node that tells. */
export const RoutePath = z.object({
  /** Ids of the nodes, the root first. */
  routes: z.array(z.string()),
  receiver: z.string(),
  group_key: z.string(),
  /** Names of time intervals that keep the last node quiet now. */
  muted_by: z.array(z.string()),
});
export type RoutePath = z.infer<typeof RoutePath>;

export const RouteExplained = z.object({
  paths: z.array(RoutePath),
  receivers: z.array(z.string()),
  /** Ids of silences that match these labels now. */
  silenced_by: z.array(z.string()),
  /** Fingerprints of alerts that inhibit one with these labels now. */
  inhibited_by: z.array(z.string()),
});
export type RouteExplained = z.infer<typeof RouteExplained>;

/**
 * What the pipeline does with the alerts that are active, in fewer words than API v2 needs and with what that has no
 * words for.
 *
 *     GET   /api/v1/pipeline/alerts    {alerts, count}
 *     GET   /api/v1/pipeline/groups    {groups, count}
 *     GET   /api/v1/pipeline/alerts/{fingerprint}/suppressions
 */
export const RoutedAlert = z.object({
  fingerprint: z.string(),
  /** Id of our own alert; null for one that came from outside. */
  alert_id: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  started_at: Timestamp,
  receivers: z.array(z.string()),
  state: z.enum(["active", "suppressed", "unprocessed"]),
  /** Ids of silences. */
  silenced_by: z.array(z.string()),
  /** Fingerprints of alerts. */
  inhibited_by: z.array(z.string()),
  /** Names of time intervals. */
  muted_by: z.array(z.string()),
  /** Ids of maintenance windows. */
  maintenance_by: z.array(z.string()),
  /** Fingerprints of alerts of what the alert's service depends on. */
  depends_on: z.array(z.string()),
  acknowledged_by: z.string().nullable(),
});
export type RoutedAlert = z.infer<typeof RoutedAlert>;

export const RoutedAlertList = z.object({ alerts: z.array(RoutedAlert), count: z.int() });
export type RoutedAlertList = z.infer<typeof RoutedAlertList>;

/** Alerts that are told of together; the alerts themselves are in the other list. */
export const RoutedGroup = z.object({
  key: z.string(),
  labels: z.record(z.string(), z.string()),
  receiver: z.string(),
  route: z.string(),
  next_flush_at: Timestamp.nullable(),
  fingerprints: z.array(z.string()),
});
export type RoutedGroup = z.infer<typeof RoutedGroup>;

export const RoutedGroupList = z.object({ groups: z.array(RoutedGroup), count: z.int() });
export type RoutedGroupList = z.infer<typeof RoutedGroupList>;

/** Why nobody was told at the latest tick. */
export const SuppressionNote = z.object({
  stage: z.string(),
  by: z.array(z.string()),
  integration: z.string().nullable(),
  at: Timestamp,
});
export const SuppressionList = z.object({
  suppressions: z.array(SuppressionNote),
  count: z.int(),
});
export type SuppressionList = z.infer<typeof SuppressionList>;
