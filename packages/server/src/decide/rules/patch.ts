import { AlertRuleInput, type AlertRulePatch } from "@fleetlight/contract";

import { badRequest } from "#lib";

/** Fields that say what a rule is about: a new one takes the place of those that it cannot stand beside. */
const FORMS = ["all", "any", "on", "absent", "rate_of_change"] as const;

/**
 * A rule after a change; null takes a field away.
 * @throws FleetlightError `bad_request` when something is missing then.
 */
export function patched(rule: AlertRuleInput, patch: AlertRulePatch): AlertRuleInput {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  const changed: Record<string, unknown> = { ...rule, ...Object.fromEntries(given) };
  if (patch.metric != null) {
    delete changed["expr"];
    for (const form of FORMS) delete changed[form];
  } else if (patch.expr != null) {
    delete changed["metric"];
    for (const form of FORMS) delete changed[form];
  }
  // What is taken away is not there.
  for (const [name, value] of Object.entries(changed)) if (value === null) delete changed[name];
  const parsed = AlertRuleInput.safeParse(changed);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => ({
    path: path.join("."),
    message,
  }));
  throw badRequest(details.map(({ path, message }) => `${path}: ${message}`).join("; "), details);
}
