import type { LabelSet } from "#lib";

import type { TargetGroup } from "../target-labels.ts";

export const groupOf = (addresses: readonly string[], labels: LabelSet): TargetGroup => ({
  targets: addresses.map((address) => ({ __address__: address })),
  labels,
});
