import { createHash } from "node:crypto";

import type { ChannelTemplates, Integration, Notification } from "../channel.ts";
import { fitCharacters, fitLine } from "../fit-text.ts";

type OpsgenieConfig = Integration<"opsgenie">["config"];

const DEFAULT_API = "https://api.opsgenie.com/";

/** Limits of the API, in characters; longer ones are refused or cut without a word. */
const MAX_MESSAGE = 130;
const MAX_DESCRIPTION = 15_000;
const MAX_SOURCE = 100;
const MAX_ENTITY = 512;
const MAX_NOTE = 25_000;
const MAX_TAG = 50;
const MAX_TAGS = 20;
const MAX_ACTIONS = 10;
const MAX_DETAILS_CHARACTERS = 8000;
const MAX_RESPONDERS = 50;

export interface OpsgenieRequest {
  method: "POST" | "PUT";
  url: string;
  body: Record<string, unknown>;
}

/** What is no priority is left out, so that the alert is made all the same. */
const priorityOf = (text: string): string => /^P[1-5]$/.exec(text.toUpperCase())?.[0] ?? "";

/** The same for all notifications of a group; as Alertmanager's. */
const aliasOf = ({ groupKey }: Notification): string =>
  createHash("sha256").update(groupKey).digest("hex");

/** Where the API is; with a slash at the end, as the paths below expect. */
export function apiUrlOf({ api_url: url = DEFAULT_API }: OpsgenieConfig): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}${pathname.endsWith("/") ? "" : "/"}`;
}

const listOf = (text: string, max: number): string[] =>
  text
    .split(",")
    .map((part) => fitLine(part, MAX_TAG))
    .filter((part) => part !== "")
    .slice(0, max);

/** The first details that fit into what the API takes altogether. */
function fitDetails(details: Record<string, string>): Record<string, string> {
  let room = MAX_DETAILS_CHARACTERS;
  const fitting: Record<string, string> = {};
  for (const [name, value] of Object.entries(details)) {
    const left = room - name.length;
    if (left <= 0) break;
    const text = fitCharacters(value, left);
    fitting[name] = text;
    room = left - text.length;
  }
  return fitting;
}

function respondersOf(
  { responders }: OpsgenieConfig,
  expand: (template: string) => string,
): Record<string, string>[] {
  const found = responders.flatMap((responder) => {
    const [id, name, username] = [responder.id, responder.name, responder.username].map(expand);
    const type = expand(responder.type).toLowerCase();
    if (type === "teams")
      return listOf(name ?? "", MAX_RESPONDERS).map((team) => ({ name: team, type: "team" }));
    const known = Object.entries({ id, name, username }).filter(([, value]) => value);
    // A template that says nothing for these alerts means nobody.
    return known.length === 0 ? [] : [{ ...Object.fromEntries(known), type }];
  });
  return found.slice(0, MAX_RESPONDERS) as Record<string, string>[];
}

const withoutEmpty = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body).filter(([, value]) =>
      Array.isArray(value) ? value.length > 0 : value !== "",
    ),
  );

/**
 * What is asked of the API about a notification, in order: an alert is made, or closed.
 * @throws FleetlightError when a template is wrong.
 */
export function requestsOf(
  config: OpsgenieConfig,
  notification: Notification,
  templates: ChannelTemplates,
): OpsgenieRequest[] {
  const expand = (template: string): string => templates.text(template, notification).trim();
  const alias = aliasOf(notification);
  const api = `${apiUrlOf(config)}v2/alerts`;
  const url = (path: string): string => `${api}/${alias}/${path}?identifierType=alias`;
  const source = fitLine(expand(config.source), MAX_SOURCE);
  if (notification.status === "resolved")
    return [{ method: "POST", url: url("close"), body: { source } }];
  if (notification.acknowledged !== undefined) {
    const { by, note } = notification.acknowledged;
    const body = { source, user: by, ...(note === "" ? {} : { note }) };
    return [{ method: "POST", url: url("acknowledge"), body }];
  }
  const message = fitLine(expand(config.message), MAX_MESSAGE);
  const description = fitCharacters(expand(config.description), MAX_DESCRIPTION);
  const details = Object.entries(config.details).map(([name, text]) => [name, expand(text)]);
  const create: OpsgenieRequest = {
    method: "POST",
    url: api,
    body: {
      alias,
      message,
      details: fitDetails({ ...notification.commonLabels, ...Object.fromEntries(details) }),
      source,
      ...withoutEmpty({
        description,
        responders: respondersOf(config, expand),
        tags: listOf(expand(config.tags), MAX_TAGS),
        note: fitCharacters(expand(config.note), MAX_NOTE),
        priority: priorityOf(expand(config.priority)),
        entity: fitLine(expand(config.entity), MAX_ENTITY),
        actions: listOf(expand(config.actions), MAX_ACTIONS),
      }),
    },
  };
  if (!config.update_alerts) return [create];
  return [
    create,
    { method: "PUT", url: url("message"), body: { message } },
    { method: "PUT", url: url("description"), body: { description } },
  ];
}
