import { z } from "zod";

import { isTree, type Tree } from "../text.ts";
import { anyText } from "../prometheus/texts.ts";
import { inspectSetting, keysOf } from "../walk.ts";
import { httpConfig } from "./channels/http-config.ts";
import { CHANNEL_SCHEMAS, type ChannelKindName } from "./channels/index.ts";
import { secret, secretUrl } from "./channels/keys.ts";
import { span } from "./fields.ts";
import type { Report } from "./route-shape.ts";

const text = () => anyText(4096).optional();

/** `global`; what it says about channels is checked where it is used. */
export const GlobalShape = z.strictObject({
  resolve_timeout: span().default(5 * 60_000),
  http_config: httpConfig(),
  smtp_from: text(),
  smtp_hello: text(),
  smtp_smarthost: text(),
  smtp_auth_username: text(),
  smtp_auth_password: secret().optional(),
  smtp_auth_password_file: text(),
  smtp_auth_secret: secret().optional(),
  smtp_auth_secret_file: text(),
  smtp_auth_identity: text(),
  smtp_require_tls: z.boolean().optional(),
  smtp_tls_config: z.record(z.string(), z.unknown()).optional(),
  slack_api_url: secretUrl().optional(),
  slack_api_url_file: text(),
  slack_app_token: secret().optional(),
  slack_app_token_file: text(),
  slack_app_url: text(),
  pagerduty_url: text(),
  opsgenie_api_url: text(),
  opsgenie_api_key: secret().optional(),
  opsgenie_api_key_file: text(),
  telegram_api_url: text(),
  telegram_bot_token: secret().optional(),
  telegram_bot_token_file: text(),
  mattermost_webhook_url: secretUrl().optional(),
  mattermost_webhook_url_file: text(),
  // Of channels that Fleetlight does not have; receivers that use them are refused.
  wechat_api_url: text(),
  wechat_api_secret: secret().optional(),
  wechat_api_secret_file: text(),
  wechat_api_corp_id: text(),
  victorops_api_url: text(),
  victorops_api_key: secret().optional(),
  victorops_api_key_file: text(),
  webex_api_url: text(),
  jira_api_url: text(),
  rocketchat_api_url: text(),
  rocketchat_token: secret().optional(),
  rocketchat_token_file: text(),
  rocketchat_token_id: secret().optional(),
  rocketchat_token_id_file: text(),
});

/** Pairs of which at most one is given, in upstream's words. */
const EXCLUSIVE = [
  "slack_api_url",
  "opsgenie_api_key",
  "victorops_api_key",
  "smtp_auth_password",
  "smtp_auth_secret",
  "rocketchat_token",
  "rocketchat_token_id",
];

export function checkGlobal(global: Tree, report: Report): void {
  for (const key of EXCLUSIVE)
    if (global[key] !== undefined && global[`${key}_file`] !== undefined)
      report(["global", `${key}_file`], `at most one of ${key} & ${key}_file must be configured`);
}

/** For each key of an integration the key of `global` that stands in when none of its group is given. */
type Group = readonly (readonly [own: string, global: string])[];

const SAME_CLIENT: Group = [["http_config", "http_config"]];

const GROUPS: Partial<Record<ChannelKindName, readonly Group[]>> = {
  email: [
    [["smarthost", "smtp_smarthost"]],
    [["from", "smtp_from"]],
    [["hello", "smtp_hello"]],
    [["auth_username", "smtp_auth_username"]],
    [
      ["auth_password", "smtp_auth_password"],
      ["auth_password_file", "smtp_auth_password_file"],
    ],
    [
      ["auth_secret", "smtp_auth_secret"],
      ["auth_secret_file", "smtp_auth_secret_file"],
    ],
    [["auth_identity", "smtp_auth_identity"]],
    [["require_tls", "smtp_require_tls"]],
    [["tls_config", "smtp_tls_config"]],
  ],
  slack: [
    [
      ["api_url", "slack_api_url"],
      ["api_url_file", "slack_api_url_file"],
      ["bot_token", "slack_app_token"],
      ["bot_token_file", "slack_app_token_file"],
      ["app_token", ""],
      ["app_token_file", ""],
    ],
  ],
  pagerduty: [[["url", "pagerduty_url"]]],
  opsgenie: [
    [["api_url", "opsgenie_api_url"]],
    [
      ["api_key", "opsgenie_api_key"],
      ["api_key_file", "opsgenie_api_key_file"],
    ],
  ],
  telegram: [
    [["api_url", "telegram_api_url"]],
    [
      ["bot_token", "telegram_bot_token"],
      ["bot_token_file", "telegram_bot_token_file"],
    ],
  ],
  mattermost: [
    [
      ["webhook_url", "mattermost_webhook_url"],
      ["webhook_url_file", "mattermost_webhook_url_file"],
    ],
  ],
} as Partial<Record<string, readonly Group[]>>;

/** What an integration needs that neither it nor `global` says; one key of each is enough. */
const REQUIRED: Partial<Record<string, readonly { keys: readonly string[]; message: string }[]>> = {
  email: [
    { keys: ["smarthost"], message: "no global SMTP smarthost set" },
    { keys: ["from"], message: "no global SMTP from set" },
  ],
  slack: [
    {
      keys: [
        "api_url",
        "api_url_file",
        "bot_token",
        "bot_token_file",
        "app_token",
        "app_token_file",
      ],
      message: "no global Slack API URL set either inline or in a file",
    },
  ],
  opsgenie: [
    {
      keys: ["api_key", "api_key_file"],
      message: "no global OpsGenie API Key set either inline or in a file",
    },
  ],
};

/** Keys that an entry of a kind may have. */
export const keysOfKind = (kind: ChannelKindName): Readonly<Record<string, z.core.$ZodType>> =>
  keysOf(inspectSetting(CHANNEL_SCHEMAS[kind])) ?? {};

const isGiven = (value: unknown): boolean => value !== undefined && value !== "";

/** Completes an entry of `<kind>_configs` from `global`, as it is written and before it is checked. */
export function completeEntry(
  kind: ChannelKindName,
  entry: unknown,
  global: Tree,
  report: (message: string) => void,
): void {
  if (!isTree(entry)) return;
  const known = keysOfKind(kind);
  for (const group of [...(GROUPS[kind] ?? []), SAME_CLIENT]) {
    if (group.some(([own]) => isGiven(entry[own]))) continue;
    for (const [own, from] of group)
      if (Object.hasOwn(known, own) && global[from] !== undefined) entry[own] = global[from];
  }
  for (const { keys, message } of REQUIRED[kind] ?? [])
    if (!keys.some((key) => isGiven(entry[key]))) report(message);
}
