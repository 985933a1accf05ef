import type { ServiceRegistration } from "@fleetlight/contract";

/** Label by which a service that is found, and not registered, can say what it depends on: `depends_on: db,queue`. */
const LABEL = "depends_on";

/** Most services that one may depend on directly. */
const MAX_DEPENDENCIES = 64;

const NONE: readonly string[] = [];

/** Ids of the services without which this one does not work. */
export function dependenciesOf(registration: ServiceRegistration | undefined): readonly string[] {
  if (registration === undefined) return NONE;
  const { dependencies, labels } = registration;
  const label = labels[LABEL];
  if (label === undefined) return dependencies ?? NONE;
  const named = label.split(",").map((id) => id.trim());
  return [...new Set([...(dependencies ?? []), ...named])]
    .filter((id) => id !== "")
    .slice(0, MAX_DEPENDENCIES);
}
