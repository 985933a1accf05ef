import { createHash } from "node:crypto";

import type { Labels } from "@fleetlight/promql";

/** 64 bits as 16 hexadecimal digits; the same for every occurrence of an alert of one rule of one tenant. */
export const fingerprintOf = (tenant: string, rule: string, labels: Labels): string =>
  createHash("sha256")
    .update(`${tenant}\u0001${rule}\u0001${labels.key}`)
    .digest("hex")
    .slice(0, 16);
