import type { Config } from "./schema.ts";

export const REDACTED = "[redacted]";

/** A URL without its password, query and fragment, which is where secrets travel. */
function withoutSecrets(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "redacted";
  if (url.search !== "") url.search = "?redacted";
  url.hash = "";
  return url.href;
}

/** The secret of a webhook of Slack and others is its path; the host is enough to recognise it. */
export const webhookTarget = (text: string): string => `${new URL(text).origin}/${REDACTED}`;

/** The configuration as it may be printed: everything that lets somebody in is replaced. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config);
  const { webhook } = copy.notifications;
  if (webhook) {
    webhook.url = webhookTarget(webhook.url);
    for (const name of Object.keys(webhook.headers)) webhook.headers[name] = REDACTED;
  }
  for (const token of copy.auth.tokens) token.token_sha256 = REDACTED;
  for (const service of copy.services) service.url = withoutSecrets(service.url);
  const { storage } = copy;
  if (storage.telemetry_url !== undefined)
    storage.telemetry_url = withoutSecrets(storage.telemetry_url);
  if (storage.state_url !== undefined) storage.state_url = withoutSecrets(storage.state_url);
  return copy;
}
