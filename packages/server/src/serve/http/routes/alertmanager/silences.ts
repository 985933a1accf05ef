import { FleetlightError, badRequest, isoTime, type MatchOperator, type Matcher } from "#lib";
import type { SilenceInput, SilenceMatcher, SilenceView } from "#respond";

import type { Doors } from "../../../doors.ts";
import type { App } from "../../app-type.ts";
import { tenantOf } from "../../tenant.ts";
import { sendPieces } from "../prometheus/reply.ts";
import { listPieces } from "./alert-shape.ts";
import { missing, unreadable, wrongType } from "./errors.ts";
import { readFilters, readTime } from "./params.ts";

const tags = ["alertmanager"];
type Tree = Record<string, unknown>;
type Query = Record<string, string | string[] | undefined>;

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

const showMatcher = ({ name, operator, value }: SilenceMatcher) => ({
  isEqual: operator === "=" || operator === "=~",
  isRegex: operator === "=~" || operator === "!~",
  name,
  value,
});

const showSilence = (silence: SilenceView) => ({
  id: silence.id,
  status: { state: silence.state },
  updatedAt: isoTime(silence.updatedAtMs),
  comment: silence.comment,
  createdBy: silence.createdBy,
  endsAt: isoTime(silence.endsAtMs),
  matchers: silence.matchers.map(showMatcher),
  startsAt: isoTime(silence.startsAtMs),
});

const OPERATORS: Readonly<Record<string, MatchOperator>> = {
  "true,false": "=",
  "false,false": "!=",
  "true,true": "=~",
  "false,true": "!~",
};

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function need(tree: Tree, key: string, type: "string" | "boolean", path = ""): unknown {
  const value = tree[key];
  if (value === undefined || value === null) throw missing(`${path}${key}`);
  if (typeof value !== type) throw unreadable(`${path}${key} is not a ${type}`);
  return value;
}

function readMatcher(value: unknown, index: number): SilenceMatcher {
  if (!isTree(value)) throw unreadable(`matchers.${index} is not an object`);
  const path = `matchers.${index}.`;
  const isRegex = need(value, "isRegex", "boolean", path);
  const { isEqual = true } = value;
  if (isEqual !== null && typeof isEqual !== "boolean")
    throw unreadable(`${path}isEqual is not a boolean`);
  return {
    name: need(value, "name", "string", path) as string,
    operator: OPERATORS[`${String(isEqual ?? true)},${String(isRegex)}`] ?? "=",
    value: need(value, "value", "string", path) as string,
  };
}

function readMoment(tree: Tree, key: string): number {
  const text = need(tree, key, "string") as string;
  const ms = readTime(text);
  if (ms === undefined) throw wrongType(key, "body", "date-time", text);
  return ms ?? 0;
}

function readSilence(body: unknown, nowMs: number): SilenceInput {
  if (body === undefined || body === null) throw missing("silence");
  if (!isTree(body)) throw unreadable("the body is not an object");
  const { id, matchers } = body;
  if (id !== undefined && id !== null && typeof id !== "string")
    throw unreadable("id is not a string");
  const comment = need(body, "comment", "string") as string;
  const createdBy = need(body, "createdBy", "string") as string;
  const endsAtMs = readMoment(body, "endsAt");
  if (matchers === undefined || matchers === null) throw missing("matchers");
  if (!Array.isArray(matchers)) throw unreadable("matchers is not a list");
  const input: SilenceInput = {
    id: id === null || id === "" ? undefined : id,
    matchers: matchers.map(readMatcher),
    startsAtMs: readMoment(body, "startsAt"),
    endsAtMs,
    createdBy,
    comment,
  };
  if (input.startsAtMs >= input.endsAtMs)
    throw badRequest("Failed to create silence: start time must be before end time");
  if (input.endsAtMs < nowMs)
    throw badRequest("Failed to create silence: end time can't be in the past");
  return input;
}

/** A filter asks for silences that have exactly this matcher. */
const hasMatcher = (silence: SilenceView, wanted: Matcher): boolean =>
  silence.matchers.some(
    ({ name, operator, value }) =>
      name === wanted.name && operator === wanted.operator && value === wanted.value,
  );

/** Gives what the book of silences refuses upstream's words and codes. */
const refusedAs =
  (status: number, message?: string, to = status) =>
  (error: unknown): never => {
    if (!(error instanceof FleetlightError) || error.status !== status) throw error;
    throw new FleetlightError(error.code, to, message ?? error.message);
  };

function checkId(id: string): void {
  if (!UUID.test(id)) throw wrongType("silenceID", "path", "uuid", id);
}

export function silenceRoutes(app: App, doors: Doors): void {
  const silences = () => doors.alertmanager.silences;

  app.route<{ Querystring: Query }>({
    method: "GET",
    url: "/api/v2/silences",
    schema: { tags, summary: "Silences, as Alertmanager lists them" },
    handler: async (request, reply) => {
      const filters = readFilters(request.query);
      const found = silences()
        .list(tenantOf(request))
        .filter((silence) => filters.every((wanted) => hasMatcher(silence, wanted)));
      return sendPieces(request, reply, "application/json", listPieces(found, showSilence));
    },
  });

  app.route<{ Querystring: Query }>({
    method: "POST",
    url: "/api/v2/silences",
    schema: {
      tags,
      summary: "Make a silence, or change the one with this id",
      description:
        "A silence that would match every alert with its labels is refused without `?confirm=true`.",
    },
    handler: async (request) => {
      const input = readSilence(request.body, doors.now());
      const { confirm_broad_silences: asks } = doors.config().alerting;
      const confirmed = !asks || request.query.confirm === "true";
      const silence = await silences()
        .set(tenantOf(request), input, { confirmed })
        .catch(refusedAs(404, "silence not found"));
      return { silenceID: silence.id };
    },
  });

  app.route<{ Params: { id: string } }>({
    method: "GET",
    url: "/api/v2/silence/:id",
    schema: { tags, summary: "One silence" },
    handler: async (request, reply) => {
      checkId(request.params.id);
      const silence = silences().get(tenantOf(request), request.params.id);
      return silence === undefined ? reply.code(404).send() : showSilence(silence);
    },
  });

  app.route<{ Params: { id: string } }>({
    method: "DELETE",
    url: "/api/v2/silence/:id",
    schema: { tags, summary: "End a silence now" },
    handler: async (request, reply) => {
      checkId(request.params.id);
      await silences()
        .expire(tenantOf(request), request.params.id)
        .catch(refusedAs(404, "silence not found"))
        // Clients know no other code for one that is over already.
        .catch(refusedAs(400, undefined, 500));
      return reply.code(200).send();
    },
  });
}
