import { createHash } from "node:crypto";

import { ServiceRegistration } from "@fleetlight/contract";
import { parse as parseYaml } from "yaml";
import { z } from "zod";

/** YAML writes numbers and booleans without quotes; as labels they are texts. */
const LabelValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const TargetGroups = z.array(
  z.object({
    targets: z.array(z.string().min(1).max(1024)),
    labels: z
      .record(z.string(), LabelValue)
      .nullish()
      .transform((labels) => labels ?? {}),
  }),
  "expected a list of {targets, labels}",
);

/** Aliases of YAML that may be followed: too few for a text that unfolds without end. */
const MAX_ALIASES = 100;
const MAX_ID = 128;
const HASH_DIGITS = 8;

/** An id that stays the same as long as job and target do; what an id may not hold is replaced, and told apart by a hash. */
function idOf(job: string, target: string): string {
  const text = job === "" ? target : `${job}:${target}`;
  const clean = text.replace(/[^a-zA-Z0-9._:-]+/g, "-").replace(/^[^a-zA-Z0-9]+/, "");
  if (clean === text && clean.length <= MAX_ID) return clean;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
  return clean === "" ? hash : `${clean.slice(0, MAX_ID - HASH_DIGITS - 1)}-${hash}`;
}

const describeIssue = (error: z.ZodError): string => {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "the file"}: ${issue.message}` : error.message;
};

/**
 * One target as a service. A target is known by its metrics only, so these are also what is checked, unless the label
 * `__health_path__` names something better.
 */
function serviceOf(
  target: string,
  labels: Record<string, string>,
  type: string,
): ServiceRegistration {
  const scheme = labels["__scheme__"] ?? "http";
  const url = URL.parse(`${scheme}://${target}`);
  if (!url || url.pathname !== "/" || /[/?#@]/.test(target)) {
    throw new Error(`target ${JSON.stringify(target)}: expected host:port`);
  }
  const metricsPath = labels["__metrics_path__"] ?? "/metrics";
  const kept = Object.entries(labels).filter(([name]) => !name.startsWith("__"));
  const service = ServiceRegistration.safeParse({
    id: idOf(labels["job"] ?? "", target),
    name: labels["service"] || target.slice(0, 256),
    type,
    url: `${scheme}://${target}`,
    health_endpoint: labels["__health_path__"] ?? metricsPath,
    metrics_endpoint: metricsPath,
    labels: Object.fromEntries(kept),
  });
  if (service.success) return service.data;
  throw new Error(`target ${JSON.stringify(target)}: ${describeIssue(service.error)}`);
}

/**
 * Groups of targets in JSON or YAML, as Prometheus' `file_sd_configs` and `http_sd_configs` have them.
 * @throws Error that says what is wrong; a text is taken as a whole or not at all.
 */
export function readTargetGroups(
  text: string,
  isJson: boolean,
): { targets: string[]; labels: Record<string, string> }[] {
  const value: unknown = isJson
    ? JSON.parse(text)
    : parseYaml(text, { maxAliasCount: MAX_ALIASES, logLevel: "error" });
  const groups = TargetGroups.safeParse(value ?? []);
  if (!groups.success) throw new Error(describeIssue(groups.error));
  return groups.data;
}

/**
 * The services of one file of targets, in the format of Prometheus' `file_sd_configs`.
 * @throws Error that says what is wrong; a file is taken as a whole or not at all.
 */
export function readTargets(text: string, isJson: boolean, type: string): ServiceRegistration[] {
  return readTargetGroups(text, isJson).flatMap(({ targets, labels }) =>
    targets.map((target) => serviceOf(target, labels, type)),
  );
}
