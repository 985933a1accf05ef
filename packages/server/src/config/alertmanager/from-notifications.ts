import type { Config } from "../schema.ts";
import { readAlertmanagerTree } from "./read.ts";
import type { AlertmanagerConfig } from "./types.ts";

type Notifications = Config["notifications"];
type Entry = Record<string, unknown>;

/** The receiver that everybody in `notifications` belongs to. */
const RECEIVER = "default";

const milliseconds = (ms: number): string => `${ms}ms`;

type Common = Pick<
  NonNullable<Notifications["webhook"]>,
  "send_resolved" | "severities" | "max_attempts" | "max_age"
>;

const commonKeys = (from: Common) => ({
  send_resolved: from.send_resolved,
  severities: from.severities,
  max_attempts: from.max_attempts,
  max_age: milliseconds(from.max_age),
});

/** A host that is an IPv6 address stands in brackets before a port. */
const hostOf = (host: string): string =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

function receiverOf({ webhook, email, slack, pagerduty }: Notifications): Entry {
  const receiver: Entry = { name: RECEIVER };
  if (webhook) {
    const { url, headers, timeout } = webhook;
    const own = { url, headers, timeout: milliseconds(timeout) };
    receiver.webhook_configs = [{ ...commonKeys(webhook), ...own }];
  }
  if (email) {
    const own = {
      smarthost: `${hostOf(email.smtp_server)}:${email.smtp_port}`,
      from: email.from_email,
      to: email.to_emails.join(", "),
      auth_username: email.username,
      auth_password: email.password,
      auth_password_file: email.password_file,
      require_tls: email.use_tls,
    };
    receiver.email_configs = [{ ...commonKeys(email), ...own }];
  }
  if (slack) {
    const own = {
      api_url: slack.webhook_url,
      api_url_file: slack.webhook_url_file,
      channel: slack.channel,
      username: slack.username,
    };
    receiver.slack_configs = [{ ...commonKeys(slack), ...own }];
  }
  if (pagerduty) {
    const own = {
      routing_key: pagerduty.integration_key,
      routing_key_file: pagerduty.integration_key_file,
      severity_mapping: pagerduty.severity_mapping,
    };
    receiver.pagerduty_configs = [{ ...commonKeys(pagerduty), ...own }];
  }
  return receiver;
}

/** A tree of values that were given: what is undefined was not. */
const given = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown;

/**
 * The configuration that stands in when there is no file in Alertmanager's format: everybody in `notifications` is
 * told of each alert by itself and at once, and again only when it has ended.
 */
export function alertmanagerOf(notifications: Notifications): AlertmanagerConfig {
  const tree = given({
    route: {
      receiver: RECEIVER,
      group_by: ["..."],
      group_wait: "0s",
      group_interval: "1s",
      repeat_interval: "1y",
    },
    receivers: [receiverOf(notifications)],
  });
  return readAlertmanagerTree(tree, JSON.stringify(tree), {
    path: undefined,
    positions: undefined,
  });
}
