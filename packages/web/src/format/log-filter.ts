import type { LogNameList } from "@fleetlight/contract";

import type { Completion } from "./alert-filter.ts";

/** What the filter box of the log lines says, as the server is asked for it. */
export interface LogsAsked {
  query: Record<string, string>;
  /** `key=value`. */
  attributes: string[];
}

/** What may stand before a colon, and how the server calls it. */
const FIELDS: Readonly<Record<string, string>> = {
  service: "service",
  agent: "agent",
  event: "event",
  trace: "trace_id",
  span: "span_id",
};

const TOKEN = /(?:[^\s"]|"[^"]*"?)+/g;
const MAX_OFFERED = 12;

const unquoted = (text: string): string => text.replaceAll('"', "");
const quoted = (text: string): string => (/\s/.test(text) ? `"${text.replaceAll('"', "")}"` : text);

function fieldOf(token: string): [name: string, value: string] | undefined {
  const colon = token.indexOf(":");
  const name = token.slice(0, Math.max(0, colon));
  const value = unquoted(token.slice(colon + 1));
  return Object.hasOwn(FIELDS, name) && value !== "" ? [FIELDS[name] ?? name, value] : undefined;
}

function attributeOf(token: string): string | undefined {
  const equals = token.indexOf("=");
  if (equals <= 0 || token.startsWith('"') || token.startsWith("-")) return undefined;
  const value = unquoted(token.slice(equals + 1));
  return value === "" ? undefined : `${token.slice(0, equals)}=${value}`;
}

/** Reads `service:desk user=7 "connection refused" -heartbeat`; of a field that is there twice the last one counts. */
export function logsAsked(text: string): LogsAsked {
  const asked: LogsAsked = { query: {}, attributes: [] };
  const words: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const field = fieldOf(token);
    const attribute = attributeOf(token);
    if (field !== undefined) asked.query[field[0]] = field[1];
    else if (attribute !== undefined) asked.attributes.push(attribute);
    else words.push(token);
  }
  if (words.length > 0) asked.query["q"] = words.join(" ");
  return asked;
}

/** The box with one more condition; one on the same field goes. */
export function withCondition(text: string, name: string, value: string): string {
  const isField = Object.hasOwn(FIELDS, name);
  const others = [...text.matchAll(TOKEN)]
    .map(([token]) => token)
    .filter((token) => !token.startsWith(`${name}${isField ? ":" : "="}`));
  return [...others, `${name}${isField ? ":" : "="}${quoted(value)}`].join(" ");
}

const NAMES: Readonly<Record<string, keyof LogNameList>> = {
  service: "services",
  agent: "agents",
  event: "events",
};

/** The attribute whose value is typed at the end of a text; empty when it is none. */
export const typedAttribute = (text: string): string =>
  /(?:^|\s)([^\s="-][^\s="]*)=[^\s"]*$/.exec(text)?.[1] ?? "";

function offersOf(
  token: string,
  names: LogNameList,
  values: readonly string[],
): [text: string, hint: string][] {
  const attribute = typedAttribute(token);
  if (attribute !== "") {
    const typed = token.slice(attribute.length + 1).toLowerCase();
    return values
      .filter((value) => value.toLowerCase().includes(typed) && value !== typed)
      .map((value) => [`${attribute}=${quoted(value)}`, attribute]);
  }
  const [field = "", value] = token.split(":", 2);
  const list = NAMES[field];
  if (value !== undefined && list !== undefined)
    return names[list]
      .filter((name) => name.toLowerCase().includes(unquoted(value).toLowerCase()))
      .map((name) => [`${field}:${quoted(name)}`, field]);
  const fields = Object.keys(FIELDS).map((name): [string, string] => [`${name}:`, "field"]);
  const attributes = names.attributes.map((name): [string, string] => [`${name}=`, "attribute"]);
  return [...fields, ...attributes].filter(([text]) => text.startsWith(token) && text !== token);
}

/** What could stand where the caret is. @param values of the attribute that is typed there, as far as they are known */
export function completeLogs(
  text: string,
  caret: number,
  names: LogNameList,
  values: readonly string[] = [],
): Completion[] {
  const from = text.slice(0, caret).search(/\S*$/);
  const token = text.slice(from, caret);
  return offersOf(token, names, values)
    .slice(0, MAX_OFFERED)
    .map(([offer, hint]) => ({ text: offer, hint, from, to: caret }));
}
