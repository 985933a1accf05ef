import { ATTRIBUTES } from "@fleetlight/sdk";

import type { SpanRow } from "#store";

const WRITING_STATEMENTS =
  /^\s*(insert|update|delete|merge|replace|upsert|truncate|drop|alter|create|put|set)/i;
const WRITING_TOOLS =
  /(?:^|[^a-z])(write|edit|create|delete|remove|save|update|append|patch|move|rename|replace)/i;

function writtenTable({ attributes }: SpanRow): string | undefined {
  const table = attributes["db.collection.name"] ?? attributes["db.sql.table"];
  const statement =
    attributes["db.operation.name"] ?? attributes["db.operation"] ?? attributes["db.query.summary"];
  if (table === undefined || statement === undefined || !WRITING_STATEMENTS.test(statement))
    return undefined;
  const system = attributes["db.system.name"] ?? attributes["db.system"] ?? "db";
  const database = attributes["db.namespace"] ?? attributes["db.name"] ?? "";
  return `${system}://${database}/${table}`;
}

function writtenFile({ attributes, tool }: SpanRow): string | undefined {
  const path = attributes["file.path"] ?? attributes["code.file.path"];
  return path !== undefined && WRITING_TOOLS.test(tool) ? `file://${path}` : undefined;
}

/** What a span writes: as it says itself, or as conventions for databases and files have it. */
export function writtenResource(row: SpanRow): string | undefined {
  const named = row.attributes[ATTRIBUTES.resource];
  if (named !== undefined && named !== "")
    return row.attributes[ATTRIBUTES.resourceAccess] === "write" ? named : undefined;
  return writtenTable(row) ?? (row.operation === "execute_tool" ? writtenFile(row) : undefined);
}
