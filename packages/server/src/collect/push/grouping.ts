import { badRequest } from "#lib";

/** The labels that name a group of pushed metrics, `job` first. */
export type Grouping = readonly (readonly [name: string, value: string])[];

const BASE64_SUFFIX = "@base64";
const BASE64 = /^[A-Za-z0-9_+/-]*={0,2}$/;
const MAX_LABELS = 64;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest("the path holds a percent sign that encodes nothing");
  }
}

function decodeBase64(text: string, name: string): string {
  try {
    if (BASE64.test(text)) return utf8.decode(Buffer.from(text, "base64url"));
  } catch {
    // Told below.
  }
  throw badRequest(`the value of ${JSON.stringify(name)} is not base64 of a UTF-8 text`);
}

/**
 * Reads what follows `/metrics` in the path of a push: `/job/<job>{/<label>/<value>}`, where a name that ends in
 * `@base64` announces that its value is encoded, as https://github.com/prometheus/pushgateway#url has it.
 * @throws FleetlightError `bad_request`
 */
export function parseGrouping(path: string): Grouping {
  const parts = path.replace(/^\//, "").split("/");
  // A trailing slash is no empty label.
  if (parts.length % 2 === 1 && parts.at(-1) === "") parts.pop();
  if (parts.length % 2 === 1) throw badRequest("the labels in the path do not come in pairs");
  if (parts.length / 2 > MAX_LABELS)
    throw badRequest(`the path has more than ${MAX_LABELS} labels`);
  const grouping: [string, string][] = [];
  for (let i = 0; i < parts.length; i += 2) {
    const [name, value] = readLabel(decodePart(parts[i] ?? ""), decodePart(parts[i + 1] ?? ""));
    if (name === "" || name.startsWith("__") || grouping.some(([known]) => known === name))
      throw badRequest(`improper label name ${JSON.stringify(name.slice(0, 200))}`);
    grouping.push([name, value]);
  }
  if (grouping[0]?.[0] !== "job" || grouping[0][1] === "") throw badRequest("job name is required");
  return grouping;
}

function readLabel(written: string, value: string): [name: string, value: string] {
  if (!written.endsWith(BASE64_SUFFIX)) {
    if (value !== "") return [written, value];
    throw badRequest(`the label ${JSON.stringify(written.slice(0, 200))} has no value`);
  }
  const name = written.slice(0, -BASE64_SUFFIX.length);
  return [name, decodeBase64(value, name)];
}

/** One text per group, whatever the order of its labels. */
export const groupKey = (tenant: string, grouping: Grouping): string =>
  JSON.stringify([tenant, ...grouping.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))]);
