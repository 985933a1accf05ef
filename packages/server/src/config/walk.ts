import { z } from "zod";

import type { FieldKind } from "./fields.ts";

/** Kind of a setting: what may be written for it. */
export type Kind =
  | FieldKind
  | "section"
  | "list"
  | "map"
  | "number"
  | "integer"
  | "boolean"
  | "choice"
  | "text";

/** A schema without its wrappers, and what the wrappers said. */
export interface Setting {
  kind: Kind;
  /** The schema underneath: an object for a section, an array for a list, a record for a map. */
  inner: z.core.$ZodType;
  optional: boolean;
  /** What stands in when nothing is written; undefined when there is no such value. */
  fallback: unknown;
  description: string;
  /** Values of a choice. */
  choices: string[];
}

type Def = z.core.$ZodTypes["_zod"]["def"];

const defOf = (schema: z.core.$ZodType): Def => (schema as z.core.$ZodTypes)._zod.def;

const SIMPLE_KINDS: Partial<Record<Def["type"], Kind>> = {
  object: "section",
  array: "list",
  record: "map",
  boolean: "boolean",
  enum: "choice",
  string: "text",
};

function kindOf(schema: z.core.$ZodType): Kind {
  const def = defOf(schema);
  if (def.type === "number") return (schema as z.ZodNumber).isInt ? "integer" : "number";
  return SIMPLE_KINDS[def.type] ?? "text";
}

/** What a wrapper wraps, or undefined when the schema is no wrapper. */
function unwrapOnce(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const def = defOf(schema);
  if (def.type === "pipe") return defOf(def.in).type === "transform" ? def.out : def.in;
  if (def.type === "prefault" || def.type === "default" || def.type === "optional")
    return def.innerType;
  return undefined;
}

/** Looks at a schema of the configuration through its defaults, transformations and descriptions. */
export function inspectSetting(schema: z.core.$ZodType): Setting {
  let inner = schema;
  let optional = false;
  let fallback: unknown;
  let fieldKind: FieldKind | undefined;
  let description: string | undefined;
  for (;;) {
    const meta = z.globalRegistry.get(inner);
    fieldKind ??= meta?.fieldKind;
    description ??= meta?.description;
    const def = defOf(inner);
    if (def.type === "optional") optional = true;
    if (def.type === "prefault" || def.type === "default") fallback ??= def.defaultValue;
    const next = unwrapOnce(inner);
    if (next === undefined) break;
    inner = next;
  }
  const def = defOf(inner);
  const choices = def.type === "enum" ? Object.values(def.entries).map(String) : [];
  return {
    kind: fieldKind ?? kindOf(inner),
    inner,
    optional,
    fallback,
    description: description ?? "",
    choices,
  };
}

/** Schemas of a section's keys; undefined when the setting is none. */
export function keysOf(setting: Setting): Record<string, z.core.$ZodType> | undefined {
  const def = defOf(setting.inner);
  return def.type === "object" ? (def.shape as Record<string, z.core.$ZodType>) : undefined;
}

/** Schema of a list's items or a map's values; undefined when the setting is neither. */
export function itemOf(setting: Setting): z.core.$ZodType | undefined {
  const def = defOf(setting.inner);
  if (def.type === "array") return def.element;
  return def.type === "record" ? def.valueType : undefined;
}

/** The setting at a path, or undefined when the configuration has none there. */
export function settingAt(
  schema: z.core.$ZodType,
  path: readonly PropertyKey[],
): Setting | undefined {
  let setting = inspectSetting(schema);
  for (const part of path) {
    const keys = keysOf(setting);
    const next =
      keys && typeof part === "string" && Object.hasOwn(keys, part) ? keys[part] : itemOf(setting);
    if (!next) return undefined;
    setting = inspectSetting(next);
  }
  return setting;
}
