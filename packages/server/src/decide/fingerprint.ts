import { createHash } from "node:crypto";

import { labelKey, type LabelSet } from "#lib";

/** 64 bits as 16 hexadecimal digits; the same for every occurrence of one rule on one series of one tenant. */
export const fingerprintOf = (tenant: string, ruleId: string, labels: LabelSet): string =>
  createHash("sha256")
    .update(`${tenant}\u0001${ruleId}\u0001${labelKey(labels)}`)
    .digest("hex")
    .slice(0, 16);
