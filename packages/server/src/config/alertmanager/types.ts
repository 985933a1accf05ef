import type { DurationMs, Matcher } from "#lib";

import type { IntegrationConfig } from "./channels/index.ts";
import type { TimeInterval } from "./time-interval.ts";

/** One node of the route tree. What a node does not say it has from its parent; both are filled in here. */
export interface RouteConfig {
  /** Place in the tree, `0` for the root, `0/2/1` below; names the node in group keys and in the console. */
  id: string;
  receiver: string;
  /** All must match; those of `match` and `match_re` are among them. Empty on the root. */
  matchers: readonly Matcher[];
  /** Label names, sorted; ignored when `groupByAll`. */
  groupBy: readonly string[];
  /** `group_by: ['...']`: every label set is a group of its own. */
  groupByAll: boolean;
  groupWaitMs: DurationMs;
  groupIntervalMs: DurationMs;
  repeatIntervalMs: DurationMs;
  /** Whether siblings that come later are asked as well. */
  continues: boolean;
  /** Names of time intervals; not inherited. */
  muteTimeIntervals: readonly string[];
  activeTimeIntervals: readonly string[];
  routes: readonly RouteConfig[];
}

/** Who is told: the integrations of one receiver, in the order of upstream's struct, then of the file. */
export interface ReceiverConfig {
  name: string;
  integrations: readonly IntegrationConfig[];
}

export interface InhibitRuleConfig {
  sourceMatchers: readonly Matcher[];
  targetMatchers: readonly Matcher[];
  /** Labels that must be the same in source and target; absent and empty are the same. */
  equal: readonly string[];
}

/** A template file as it was read; its definitions may be used by every receiver. */
export interface TemplateFile {
  path: string;
  text: string;
}

/** A configuration in Alertmanager's format, checked and with every default filled in. */
export interface AlertmanagerConfig {
  /** The file, or undefined when the configuration was made from `notifications` of the main one. */
  path: string | undefined;
  /** The text as it is shown: every secret is `<secret>`. */
  original: string;
  /** Changes whenever the file or one of its templates does, secrets included. */
  digest: string;
  resolveTimeoutMs: DurationMs;
  route: RouteConfig;
  receivers: readonly ReceiverConfig[];
  inhibitRules: readonly InhibitRuleConfig[];
  timeIntervals: ReadonlyMap<string, readonly TimeInterval[]>;
  templates: readonly TemplateFile[];
}
