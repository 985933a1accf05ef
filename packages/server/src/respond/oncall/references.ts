import { badRequest, type ErrorDetail } from "#lib";
import type { OnCallDocuments, OnCallKind } from "#store";

import { compileMatchers } from "./matchers.ts";

/** One thing that an entity names. */
export interface Reference {
  kind: OnCallKind | "receiver";
  id: string;
  path: string;
}

const people = (ids: readonly string[], path: string): Reference[] =>
  ids.map((id, index) => ({ kind: "person", id, path: `${path}.${index}` }));

type Steps = OnCallDocuments["policy"]["steps"];

const stepReference = (step: Steps[number], path: string): Reference[] => {
  switch (step.type) {
    case "notify_person":
      return [{ kind: "person", id: step.person, path: `${path}.person` }];
    case "notify_team":
      return [{ kind: "team", id: step.team, path: `${path}.team` }];
    case "notify_schedule":
      return [{ kind: "schedule", id: step.schedule, path: `${path}.schedule` }];
    case "notify_channel":
      return step.receiver === undefined
        ? []
        : [{ kind: "receiver", id: step.receiver, path: `${path}.receiver` }];
    default:
      return [];
  }
};

type Find = { [K in OnCallKind]: (document: OnCallDocuments[K]) => Reference[] };

const FIND: Find = {
  person: ({ contact_methods }) =>
    contact_methods.map(({ receiver }, index) => ({
      kind: "receiver",
      id: receiver,
      path: `contact_methods.${index}.receiver`,
    })),
  team: ({ members, schedule }) => [
    ...people(members, "members"),
    ...(schedule === undefined
      ? []
      : [{ kind: "schedule" as const, id: schedule, path: "schedule" }]),
  ],
  schedule: ({ layers }) =>
    layers.flatMap((layer, index) => people(layer.people, `layers.${index}.people`)),
  policy: ({ steps }) => steps.flatMap((step, index) => stepReference(step, `steps.${index}`)),
};

/** Everything that an entity names. */
export const referencesOf = <K extends OnCallKind>(
  kind: K,
  document: OnCallDocuments[K],
): Reference[] => FIND[kind](document);

const NAMES: Record<Reference["kind"], string> = {
  person: "person",
  team: "team",
  schedule: "schedule",
  policy: "policy",
  receiver: "receiver",
};

/**
 * What the schema cannot say of an entity.
 * @throws FleetlightError `bad_request` that names every field that is wrong.
 */
export function checkEntity<K extends OnCallKind>(
  kind: K,
  document: OnCallDocuments[K],
  isKnown: (reference: Reference) => boolean,
): void {
  const details: ErrorDetail[] = referencesOf(kind, document)
    .filter((reference) => !isKnown(reference))
    .map(({ kind: what, id, path }) => ({
      path,
      message: `there is no ${NAMES[what]} ${JSON.stringify(id)}`,
    }));
  if (kind === "schedule") {
    const { layers } = document as OnCallDocuments["schedule"];
    for (const [index, { start, end, rotation, turn_hours }] of layers.entries()) {
      if (end !== undefined && Date.parse(end) <= Date.parse(start))
        details.push({ path: `layers.${index}.end`, message: "must be after `start`" });
      if (rotation === "custom" && turn_hours === undefined)
        details.push({ path: `layers.${index}.turn_hours`, message: "is needed for `custom`" });
    }
  }
  if (kind === "policy") {
    const { steps, matchers } = document as OnCallDocuments["policy"];
    compileMatchers(matchers);
    const repeat = steps.findIndex(({ type }) => type === "repeat");
    if (repeat !== -1 && repeat < steps.length - 1)
      details.push({ path: `steps.${repeat}`, message: "`repeat` must be the last step" });
    if (repeat !== -1 && !steps.some(({ type }) => type === "wait"))
      details.push({ path: `steps.${repeat}`, message: "`repeat` needs a `wait` before it" });
  }
  const [first] = details;
  if (first !== undefined) throw badRequest(`\`${first.path}\`: ${first.message}`, details);
}
