import { z } from "zod";

import type { ConfigPath } from "../problems.ts";
import { isTree, type Tree } from "../text.ts";
import { CHANNEL_SCHEMAS, type ChannelKindName, type IntegrationConfig } from "./channels/index.ts";
import { nameText } from "./fields.ts";
import { completeEntry } from "./global-shape.ts";
import type { Report } from "./route-shape.ts";
import type { ReceiverConfig } from "./types.ts";

const MAX_RECEIVERS = 10_000;
const MAX_ENTRIES = 1000;

/** The order in which upstream's receivers tell; kinds that it does not have come after. */
const UPSTREAM_ORDER = [
  "webhook",
  "email",
  "pagerduty",
  "opsgenie",
  "slack",
  "pushover",
  "telegram",
  "discord",
  "msteams",
  "msteamsv2",
  "mattermost",
];

const placeOf = (kind: string): number =>
  (UPSTREAM_ORDER.indexOf(kind) + 1 || UPSTREAM_ORDER.length + 1) - 1;

export const CHANNEL_KINDS = (Object.keys(CHANNEL_SCHEMAS) as ChannelKindName[]).toSorted(
  (a, b) => placeOf(a) - placeOf(b),
);

const configsKey = (kind: ChannelKindName): string => `${kind}_configs`;

const ReceiverShape = z.strictObject({
  name: nameText().default(""),
  ...Object.fromEntries(
    CHANNEL_KINDS.map((kind) => [
      configsKey(kind),
      z.array(CHANNEL_SCHEMAS[kind]).max(MAX_ENTRIES).optional(),
    ]),
  ),
});

export const receivers = () => z.array(ReceiverShape).max(MAX_RECEIVERS).default([]);

type ReceiverNode = z.output<typeof ReceiverShape>;

/** Kinds of Alertmanager that Fleetlight does not have, and what to do about it. */
const UNSUPPORTED: Readonly<Record<string, string>> = {
  victorops: "Splunk On-Call (VictorOps)",
  sns: "Amazon SNS",
  wechat: "WeChat",
  webex: "Webex",
  jira: "Jira",
  rocketchat: "Rocket.Chat",
  incidentio: "incident.io",
};

/** Completes the receivers of a file from its section `global`, and reports what can not be told to anybody. */
export function completeReceivers(root: Tree, report: Report): void {
  const global = isTree(root.global) ? root.global : {};
  if (!Array.isArray(root.receivers)) return;
  for (const [index, receiver] of (root.receivers as unknown[]).entries()) {
    if (!isTree(receiver)) continue;
    const path: ConfigPath = ["receivers", index];
    for (const [kind, name] of Object.entries(UNSUPPORTED)) {
      if (receiver[`${kind}_configs`] === undefined) continue;
      delete receiver[`${kind}_configs`];
      report(
        [...path, `${kind}_configs`],
        `Fleetlight does not send to ${name}; webhook_configs with a small bridge does`,
      );
    }
    for (const kind of CHANNEL_KINDS) {
      const entries = receiver[configsKey(kind)];
      if (!Array.isArray(entries)) continue;
      for (const [at, entry] of (entries as unknown[]).entries())
        completeEntry(kind, entry, global, (message) =>
          report([...path, configsKey(kind), at], message),
        );
    }
  }
}

/** Entries of a receiver by kind. The keys of the shape are made, so that its type does not have them. */
const entriesOf = (node: ReceiverNode, kind: ChannelKindName): unknown[] =>
  ((node as Record<string, unknown>)[configsKey(kind)] as unknown[] | undefined) ?? [];

export function readReceivers(nodes: readonly ReceiverNode[], report: Report): ReceiverConfig[] {
  const names = new Set<string>();
  for (const [index, { name }] of nodes.entries()) {
    const path = ["receivers", index];
    if (name === "") report(path, "missing name in receiver");
    else if (names.has(name))
      report([...path, "name"], `notification config name ${JSON.stringify(name)} is not unique`);
    names.add(name);
  }
  return nodes.map((node, index) => ({
    name: node.name,
    integrations: CHANNEL_KINDS.flatMap((kind) =>
      entriesOf(node, kind).map((config, at) => {
        const { fallback_receiver: fallback } = config as { fallback_receiver?: string };
        if (fallback !== undefined && !names.has(fallback))
          report(
            ["receivers", index, configsKey(kind), at, "fallback_receiver"],
            `undefined receiver ${JSON.stringify(fallback)}`,
          );
        return { kind, index: at, config } as IntegrationConfig;
      }),
    ),
  }));
}
