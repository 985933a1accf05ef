import type { HttpClientConfig } from "./prometheus/http-client.ts";
import type { ScrapeJob } from "./prometheus/scrape-job.ts";
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

/** What lets a client in, in the keys of `http-client.ts`. */
function redactClient(client: HttpClientConfig): void {
  const { basic_auth: basic, authorization, tls_config: tls } = client;
  if (basic?.password !== undefined) basic.password = REDACTED;
  if (authorization?.credentials !== undefined) authorization.credentials = REDACTED;
  if (client.bearer_token !== undefined) client.bearer_token = REDACTED;
  if (tls?.key !== undefined) tls.key = REDACTED;
  if (client.proxy_url !== undefined) client.proxy_url = withoutSecrets(client.proxy_url);
}

function redactJob(job: ScrapeJob): void {
  redactClient(job);
  for (const discovery of job.http_sd_configs) {
    redactClient(discovery);
    discovery.url = withoutSecrets(discovery.url);
  }
}

/** The secret of a webhook is often its path. */
function redactPolicies({ policies }: Config["escalation"]): void {
  for (const step of policies.flatMap(({ steps }) => steps))
    if (step.type === "webhook") step.url = webhookTarget(step.url);
}

/** Who is told besides channels: whoever knows the address of a heartbeat can send it. */
function redactAlerting({ alertmanagers, watchdog }: Config["alerting"]): void {
  for (const entry of alertmanagers) redactClient(entry);
  if (watchdog.heartbeat_url !== undefined)
    watchdog.heartbeat_url = webhookTarget(watchdog.heartbeat_url);
}

/** Ways to others are told with credentials. */
function redactForwarding(forwarding: Config["forwarding"]): void {
  for (const destination of forwarding.otlp) {
    redactClient(destination);
    destination.url = withoutSecrets(destination.url);
    for (const name of Object.keys(destination.headers)) destination.headers[name] = REDACTED;
  }
  for (const key of ["jaeger_endpoint", "prometheus_gateway"] as const) {
    const url = forwarding[key];
    if (url !== undefined) forwarding[key] = withoutSecrets(url);
  }
}

/** The configuration as it may be printed: everything that lets somebody in is replaced. */
export function redactConfig(config: Config): Config {
  const copy = structuredClone(config);
  const { webhook, email, slack, pagerduty } = copy.notifications;
  if (webhook) {
    webhook.url = webhookTarget(webhook.url);
    for (const name of Object.keys(webhook.headers)) webhook.headers[name] = REDACTED;
  }
  if (email?.password !== undefined) email.password = REDACTED;
  if (slack?.webhook_url !== undefined) slack.webhook_url = webhookTarget(slack.webhook_url);
  if (pagerduty?.integration_key !== undefined) pagerduty.integration_key = REDACTED;
  redactAlerting(copy.alerting);
  redactPolicies(copy.escalation);
  redactForwarding(copy.forwarding);
  for (const token of copy.auth.tokens) token.token_sha256 = REDACTED;
  for (const service of copy.services) service.url = withoutSecrets(service.url);
  for (const job of copy.scrape_configs) redactJob(job);
  const { storage } = copy;
  if (storage.telemetry_url !== undefined)
    storage.telemetry_url = withoutSecrets(storage.telemetry_url);
  if (storage.state_url !== undefined) storage.state_url = withoutSecrets(storage.state_url);
  return copy;
}
