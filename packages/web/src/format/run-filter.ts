import type { Completion } from "./alert-filter.ts";

/** What the filter box of the runs says, as the server is asked for it. */
export interface RunsAsked {
  query: Record<string, string>;
  /** `key=value`, `key!=value`, `key=~pattern`. */
  attributes: string[];
  /** Why a part of it does not count; null when all of it does. */
  problem: string | null;
}

/** What may stand before a colon. */
export const RUN_FIELDS = [
  "agent",
  "service",
  "tool",
  "model",
  "operation",
  "workflow",
  "conversation",
  "user",
  "state",
  "status",
  "name",
] as const;

/** Fields that have a few values only. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  state: ["running", "stale", "done", "failed"],
  status: ["error", "ok", "unset"],
};

/** Figures that runs and their spans are compared by, and how the server calls the two limits of each. */
const FIGURES: Readonly<Record<string, { least: string; most: string | undefined }>> = {
  duration: { least: "min_run_seconds", most: "max_run_seconds" },
  cost: { least: "min_cost_usd", most: "max_cost_usd" },
  tokens: { least: "min_tokens", most: undefined },
};

const SECONDS: Readonly<Record<string, number>> = {
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
};

const MAX_LENGTH = 1024;
const TOKEN = /(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/g;
const FIGURE = /^([a-z]+)\s*(>=?|<=?)\s*\$?(\d+(?:\.\d+)?)([a-z]*)$/;
const ATTRIBUTE = /^([^\s"=!~:<>]+)(=~|!=|=)(.+)$/s;

const plain = (text: string): string =>
  text.startsWith('"') ? text.replace(/^"|(?<!\\)"$/g, "").replace(/\\(.)/gs, "$1") : text;

/** A value as it is written into the box. */
const quoted = (value: string): string =>
  /[\s"]/.test(value) || value === "" ? JSON.stringify(value) : value;

export const tokenOf = (field: string, value: string): string => `${field}:${quoted(value)}`;

const tokensOf = (text: string): string[] => text.slice(0, MAX_LENGTH).match(TOKEN) ?? [];

/** Reads one `duration>2s`; false when it is no figure. */
function readFigure(token: string, asked: RunsAsked): boolean {
  const [, name = "", operator = "", digits = "", unit = ""] = FIGURE.exec(token) ?? [];
  const figure = FIGURES[name];
  if (figure === undefined) return false;
  const factor = unit === "" ? 1 : SECONDS[unit];
  if (factor === undefined || (unit !== "" && name !== "duration"))
    asked.problem ??= `${token}: the unit ${unit} is not known`;
  else {
    const limit = operator.startsWith(">") ? figure.least : figure.most;
    if (limit === undefined) asked.problem ??= `${token}: only more of it can be asked for`;
    else asked.query[limit] = String(Number(digits) * factor);
  }
  return true;
}

function readToken(token: string, asked: RunsAsked, words: string[]): void {
  const colon = token.indexOf(":");
  const field = RUN_FIELDS.find((one) => one === token.slice(0, Math.max(0, colon)));
  if (field !== undefined) {
    const value = plain(token.slice(colon + 1));
    if (value === "") return;
    if (asked.query[field] !== undefined && asked.query[field] !== value)
      asked.problem ??= `${field}: only one can be asked for at a time`;
    const choices = CHOICES[field];
    if (choices === undefined || choices.includes(value)) asked.query[field] = value;
    else asked.problem ??= `${field}: ${choices.join(", ")} can be asked for`;
    return;
  }
  if (readFigure(token, asked)) return;
  const attribute = token.startsWith('"') ? null : ATTRIBUTE.exec(token);
  if (attribute === null) words.push(token);
  else asked.attributes.push(`${attribute[1]}${attribute[2]}${plain(attribute[3] ?? "")}`);
}

/** Reads `agent:lead duration>2s http.method=GET "free text"`; free text is what prompts and answers say. */
export function askedOf(text: string | undefined): RunsAsked {
  const asked: RunsAsked = { query: {}, attributes: [], problem: null };
  const words: string[] = [];
  for (const token of tokensOf(text ?? "")) readToken(token, asked, words);
  if (words.length > 0) asked.query["text"] = words.join(" ");
  return asked;
}

/** Whether the box asks for a value of a field. */
export const asksFor = (text: string | undefined, field: string, value: string): boolean =>
  askedOf(text).query[field] === value;

/** The box with a value of a field instead of any other of it, or without it when it is there. */
export function toggled(text: string | undefined, field: string, value: string): string {
  const others = tokensOf(text ?? "").filter((token) => !token.startsWith(`${field}:`));
  return asksFor(text, field, value)
    ? others.join(" ")
    : [...others, tokenOf(field, value)].join(" ");
}

/** The box with one more condition on an attribute. */
export const narrowed = (text: string | undefined, name: string, value: string): string =>
  [...tokensOf(text ?? ""), `${name}=${quoted(value)}`].join(" ");

/** Values of the fields, the most frequent first; what completion offers. */
export type RunValues = ReadonlyMap<string, readonly { value: string; traces: number }[]>;

const MAX_OFFERED = 12;

const EXAMPLES: readonly { text: string; hint: string }[] = [
  { text: "status:error ", hint: "runs with an error" },
  { text: "duration>10s", hint: "seconds, ms, m or h" },
  { text: "cost>0.5", hint: "US dollars" },
  { text: "tokens>10000", hint: "in and out" },
];

/** What could stand where the caret is: fields, behind the colon their values, and values of any field by their beginning. */
export function completeRuns(text: string, caret: number, values: RunValues): Completion[] {
  const typed = /(?:[^\s"]|"(?:[^"\\]|\\.)*"?)*$/.exec(text.slice(0, caret))?.[0] ?? "";
  const from = caret - typed.length;
  const at = { from, to: caret };
  const colon = typed.indexOf(":");
  const field = colon === -1 ? undefined : typed.slice(0, colon);
  const wanted = plain(typed.slice(colon + 1)).toLowerCase();
  const offered = (name: string) =>
    [
      ...(values.get(name) ?? []),
      ...(CHOICES[name] ?? [])
        .filter((value) => values.get(name)?.some((one) => one.value === value) !== true)
        .map((value) => ({ value, traces: undefined })),
    ]
      .filter(({ value }) => value.toLowerCase().includes(wanted))
      .map(({ value, traces }) => ({
        text: `${tokenOf(name, value)} `,
        hint: traces === undefined ? "" : `${traces} ${traces === 1 ? "run" : "runs"}`,
        ...at,
      }));
  if (field !== undefined) return offered(field).slice(0, MAX_OFFERED);
  const fields = RUN_FIELDS.filter((name) => name.startsWith(wanted)).map((name) => ({
    text: `${name}:`,
    hint: `${values.get(name)?.length ?? 0} known`,
    ...at,
  }));
  const examples = EXAMPLES.filter((one) => one.text.startsWith(wanted));
  const found = wanted === "" ? [] : RUN_FIELDS.flatMap(offered);
  return [...fields, ...examples.map((one) => ({ ...one, ...at })), ...found].slice(0, MAX_OFFERED);
}
