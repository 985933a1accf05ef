import { createHash } from "node:crypto";

import { severityLevel, type SeverityLevel } from "#lib";

import type { ChannelTemplates, Integration, Notification } from "../channel.ts";
import { fitBytes, fitLine } from "../fit-text.ts";
import { webUrl } from "../links.ts";

type PagerdutyConfig = Integration<"pagerduty">["config"];

/** Of either API, in characters. */
const MAX_SUMMARY = 1024;
/** Largest event that PagerDuty takes, in bytes. */
const MAX_EVENT_BYTES = 512_000;
/** Beginnings of details that are kept when an event is too large; the first that fits is taken. */
const DETAIL_BYTES = [65_536, 8192, 1024, 128];

const DEFAULT_DETAILS: Readonly<Record<string, string>> = {
  firing: '{{ template "pagerduty.default.instances" .Alerts.Firing }}',
  resolved: '{{ template "pagerduty.default.instances" .Alerts.Resolved }}',
  num_firing: "{{ .Alerts.Firing | len }}",
  num_resolved: "{{ .Alerts.Resolved | len }}",
};

const SEVERITIES = ["critical", "error", "warning", "info"] as const;
type Severity = (typeof SEVERITIES)[number];

const WORDS: Readonly<Record<SeverityLevel, Severity>> = {
  none: "info",
  info: "info",
  low: "info",
  warning: "warning",
  high: "error",
  critical: "critical",
  emergency: "critical",
};

/** The same for all notifications of a group, so that they are one incident; as Alertmanager's. */
export const dedupKey = ({ groupKey }: Notification): string =>
  createHash("sha256").update(groupKey).digest("hex");

/** A severity in PagerDuty's words: of the template, or the worst of the alerts that fire. */
export function severityOf(
  mapping: PagerdutyConfig["severity_mapping"],
  written: string,
  { alerts }: Notification,
): Severity {
  const firing = alerts.filter(({ status }) => status === "firing");
  const words =
    written === ""
      ? (firing.length > 0 ? firing : alerts).map(({ labels }) => labels["severity"] ?? "")
      : [written];
  // A word that nobody knows is an error, as upstream has it.
  const ownWord = (word: string): Severity => {
    const level = severityLevel(word);
    return level === undefined ? "error" : WORDS[level];
  };
  const found = words.map((word) => mapping[word] ?? mapping[word.toLowerCase()] ?? ownWord(word));
  return SEVERITIES.find((severity) => found.includes(severity)) ?? "error";
}

export interface PagerdutyEvent {
  body: string;
  summary: string;
  severity: Severity;
  /** Whether something was cut because the event was too large. */
  isCut: boolean;
}

const isFilled = ([, value]: [string, unknown]): boolean => value !== "" && value !== undefined;
const filled = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(isFilled)) as Partial<T>;

/** The event in JSON, its details shortened until it fits. */
function fit(make: (details: Record<string, string>) => object, details: Record<string, string>) {
  const whole = JSON.stringify(make(details));
  if (Buffer.byteLength(whole) <= MAX_EVENT_BYTES) return { body: whole, isCut: false };
  for (const bytes of DETAIL_BYTES) {
    const shorter = Object.fromEntries(
      Object.entries(details).map(([name, value]) => [name, fitBytes(value, bytes)]),
    );
    const note = `Shortened: the event was larger than the ${MAX_EVENT_BYTES} bytes that PagerDuty takes.`;
    const body = JSON.stringify(make({ ...shorter, truncated: note }));
    if (Buffer.byteLength(body) <= MAX_EVENT_BYTES) return { body, isCut: true };
  }
  const note = `Left out: the event was larger than the ${MAX_EVENT_BYTES} bytes that PagerDuty takes.`;
  return { body: JSON.stringify(make({ truncated: note })), isCut: true };
}

const actionOf = ({
  status,
  acknowledged,
}: Notification): "resolve" | "acknowledge" | "trigger" => {
  if (status === "resolved") return "resolve";
  return acknowledged === undefined ? "trigger" : "acknowledge";
};

/**
 * What is posted about a notification: an event of API v2, or of v1 when the key is one of a service.
 * @throws FleetlightError when a template is wrong.
 */
export function eventOf(
  config: PagerdutyConfig,
  key: { kind: "routing" | "service"; value: string },
  notification: Notification,
  templates: ChannelTemplates,
): PagerdutyEvent {
  const expand = (template: string): string => templates.text(template, notification);
  const summary = fitLine(expand(config.description), MAX_SUMMARY);
  const severity = severityOf(config.severity_mapping, expand(config.severity), notification);
  const action = actionOf(notification);
  const about = {
    client: expand(config.client),
    client_url: webUrl(expand(config.client_url)),
  };
  const details = Object.fromEntries(
    Object.entries({ ...DEFAULT_DETAILS, ...config.details }).map(([name, template]) => [
      name,
      expand(template),
    ]),
  );
  const dedup = dedupKey(notification);
  if (key.kind === "service") {
    const event = fit(
      (fitted) => ({
        service_key: key.value,
        event_type: action,
        incident_key: dedup,
        description: summary,
        ...(action === "trigger" ? filled(about) : {}),
        details: fitted,
      }),
      details,
    );
    return { ...event, summary, severity };
  }
  const links = config.links
    .map(({ href, text }) => ({ href: webUrl(expand(href)), text: expand(text) }))
    .filter(({ href }) => href !== undefined);
  const images = config.images
    .map(({ src, alt, href }) => ({
      src: webUrl(expand(src)),
      alt: expand(alt),
      href: webUrl(expand(href)),
    }))
    .filter(({ src }) => src !== undefined);
  const source = expand(config.source === "" ? config.client : config.source);
  const payload = {
    summary,
    source: source === "" ? "Fleetlight" : source,
    severity,
    class: expand(config.class),
    component: expand(config.component),
    group: expand(config.group),
  };
  const event = fit(
    (fitted) => ({
      routing_key: key.value,
      event_action: action,
      dedup_key: dedup,
      ...filled(about),
      payload: { ...filled(payload), custom_details: fitted },
      ...(images.length > 0 ? { images } : {}),
      ...(links.length > 0 ? { links } : {}),
    }),
    details,
  );
  return { ...event, summary, severity };
}
