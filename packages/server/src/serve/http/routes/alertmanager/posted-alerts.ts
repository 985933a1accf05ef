import { badRequest } from "#lib";
import type { PostedAlert } from "#respond";

import { missing, unreadable, wrongType } from "./errors.ts";
import { readTime } from "./params.ts";

/** Most alerts of one request; Prometheus sends 64 at a time. */
const MAX_ALERTS = 50_000;

/** Limits of one alert. */
const MAX_LABELS = 256;
const MAX_ANNOTATIONS = 256;
const MAX_NAME = 1024;
const MAX_LABEL_VALUE = 16_384;
const MAX_ANNOTATION = 131_072;
const MAX_URL = 16_384;

type Texts = Record<string, string>;
type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readTexts(value: unknown, path: string): Texts {
  if (value === undefined || value === null) return {};
  if (!isTree(value)) throw unreadable(`${path} is not an object of texts`);
  const texts = Object.create(null) as Texts;
  for (const [name, text] of Object.entries(value)) {
    if (text !== null && typeof text !== "string")
      throw unreadable(`${path}.${name} is not a text`);
    texts[name] = text ?? "";
  }
  return texts;
}

function readMoment(value: unknown, path: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const ms = typeof value === "string" ? readTime(value) : undefined;
  if (ms === undefined) throw wrongType(path, "body", "date-time", value);
  return ms ?? undefined;
}

function readOne(value: unknown, index: number): PostedAlert {
  if (!isTree(value)) throw unreadable(`alert ${index} is not an object`);
  if (value.labels === undefined || value.labels === null) throw missing(`${index}.labels`);
  const { generatorURL: url } = value;
  if (url !== undefined && url !== null && typeof url !== "string")
    throw unreadable(`alert ${index}: generatorURL is not a text`);
  return {
    labels: readTexts(value.labels, `${index}.labels`),
    annotations: readTexts(value.annotations, `${index}.annotations`),
    startsAtMs: readMoment(value.startsAt, `${index}.startsAt`),
    endsAtMs: readMoment(value.endsAt, `${index}.endsAt`),
    generatorUrl: url ?? undefined,
  };
}

/** @throws InvalidRequest when the body as a whole is not a list of alerts. */
export function readPostedAlerts(body: unknown): PostedAlert[] {
  if (body === undefined || body === null) throw missing("alerts");
  if (!Array.isArray(body)) throw unreadable("the body is not a list of alerts");
  if (body.length > MAX_ALERTS) throw badRequest(`at most ${MAX_ALERTS} alerts in one request`);
  return body.map(readOne);
}

/** Half a surrogate pair, which an escape of JSON can write, has no form in UTF-8. */
const isUtf8 = (text: string): boolean => !/\p{Surrogate}/u.test(text);

function problemOfTexts(
  texts: Readonly<Texts>,
  { what, count, length }: { what: string; count: number; length: number },
): string | undefined {
  const entries = Object.entries(texts);
  if (entries.length > count) return `invalid ${what}: more than ${count}`;
  for (const [name, value] of entries) {
    if (name === "" || name.length > MAX_NAME || !isUtf8(name))
      return `invalid ${what}: invalid name ${JSON.stringify(name.slice(0, 100))}`;
    if (value.length > length || !isUtf8(value))
      return `invalid ${what}: invalid value ${JSON.stringify(value.slice(0, 100))} of ${name}`;
  }
  return undefined;
}

const LABEL_LIMITS = { what: "label set", count: MAX_LABELS, length: MAX_LABEL_VALUE };
const ANNOTATION_LIMITS = { what: "annotations", count: MAX_ANNOTATIONS, length: MAX_ANNOTATION };

/** Why an alert is not taken, in upstream's words; undefined for one that is. */
export function problemOf(alert: PostedAlert): string | undefined {
  const { labels, annotations, startsAtMs, endsAtMs, generatorUrl = "" } = alert;
  const kept = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
  const problem = problemOfTexts(kept, LABEL_LIMITS);
  if (problem !== undefined) return problem;
  if (Object.keys(kept).length === 0) return "at least one label pair required";
  if (startsAtMs !== undefined && endsAtMs !== undefined && endsAtMs < startsAtMs)
    return "start time must be before end time";
  if (generatorUrl.length > MAX_URL) return `generatorURL is longer than ${MAX_URL}`;
  return problemOfTexts(annotations, ANNOTATION_LIMITS);
}
