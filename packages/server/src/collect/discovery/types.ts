import type { ServiceRegistration } from "@fleetlight/contract";

import type { Logger } from "#lib";

/** What a mechanism knows right now. */
export interface Found {
  services: ServiceRegistration[];
  /** False while a source was never read well: what is missing may then be there after all. */
  complete: boolean;
}

export interface MechanismContext {
  logger: Logger;
  /** Called when `found` may answer something new. */
  onChange: () => void;
  /** Counts a source that could not be used. */
  onError: () => void;
}

/** One way to find services. A new one is a folder here, a key in the configuration, and a line in `discovery.ts`. */
export interface Mechanism {
  /** Resolves when the first look is done; never rejects because of a source. */
  start(): Promise<void>;
  found(): Found;
  stop(): Promise<void>;
}
