import type { Integration, Notification } from "../channel.ts";
import { fitBytes } from "../fit-text.ts";
import { loudnessOf, type Loudness } from "../severity.ts";
import type { Texts } from "../texts.ts";

type NtfyConfig = Integration<"ntfy">["config"];

const MAX_TITLE = 250;
const MAX_MESSAGE_BYTES = 4096;
const MAX_TAG = 64;
const MAX_LABEL = 64;
const MAX_ACTION_BODY = 1024;

/** ntfy reads JSON up to twice the size of a message. */
const MAX_BODY_BYTES = 2 * MAX_MESSAGE_BYTES;

const PRIORITIES: Readonly<Record<Loudness, number>> = {
  critical: 5,
  high: 4,
  warning: 3,
  low: 2,
  info: 2,
};
const RESOLVED_PRIORITY = 2;

const PRIORITY_NAMES: ReadonlyMap<string, number> = new Map([
  ["min", 1],
  ["low", 2],
  ["default", 3],
  ["high", 4],
  ["max", 5],
  ["urgent", 5],
]);

interface NtfyAction {
  action: "view" | "http";
  label: string;
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  clear: boolean;
}

export interface NtfyMessage {
  title: string;
  message: string;
  priority: number;
  tags: string[];
  click: string | undefined;
  actions: NtfyAction[];
}

/** What the template says, and how bad things are when it says nothing that ntfy knows. */
function priorityOf(expanded: string, notification: Notification): number {
  const word = expanded.trim().toLowerCase();
  const wanted = /^[1-5]$/.test(word) ? Number(word) : PRIORITY_NAMES.get(word);
  if (wanted !== undefined) return wanted;
  return notification.status === "resolved"
    ? RESOLVED_PRIORITY
    : PRIORITIES[loudnessOf(notification)];
}

function defaultTags(notification: Notification): string[] {
  if (notification.status === "resolved") return ["white_check_mark"];
  const loudness = loudnessOf(notification);
  return [loudness === "critical" || loudness === "high" ? "rotating_light" : "warning"];
}

/** The message, each part within what ntfy takes. @throws FleetlightError when a template fails. */
export function messageOf(
  config: NtfyConfig,
  texts: Texts,
  notification: Notification,
): NtfyMessage {
  const message = config.markdown
    ? texts.markdown(config.message, "mattermost", MAX_MESSAGE_BYTES, fitBytes)
    : texts.bytes(config.message, MAX_MESSAGE_BYTES);
  const actions = config.actions.flatMap((action): NtfyAction[] => {
    const url = texts.url(action.url);
    if (url === undefined) return [];
    const label = texts.line(action.label, MAX_LABEL);
    const common = { action: action.action, label: label || "Open", url, clear: action.clear };
    if (action.action === "view") return [common];
    const body = texts.bytes(action.body, MAX_ACTION_BODY);
    return [{ ...common, method: action.method, headers: action.headers, body }];
  });
  const tags = config.tags?.map((tag) => texts.line(tag, MAX_TAG).replaceAll(",", " ").trim());
  return {
    title: texts.line(config.title, MAX_TITLE),
    message: message === "" ? "(no details)" : message,
    priority: priorityOf(texts.line(config.priority), notification),
    tags: (tags ?? defaultTags(notification)).filter((tag) => tag !== ""),
    click: texts.url(config.click),
    actions,
  };
}

/** The request's body; escapes of JSON can make a message longer than ntfy reads, which is then cut again. */
export function bodyOf(content: { message: string; [key: string]: unknown }): string {
  let body = JSON.stringify(content);
  let bytes = MAX_MESSAGE_BYTES;
  while (Buffer.byteLength(body) > MAX_BODY_BYTES && bytes > 1) {
    bytes = Math.floor(bytes / 2);
    body = JSON.stringify({ ...content, message: fitBytes(content.message, bytes) });
  }
  return body;
}
