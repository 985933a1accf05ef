import type { Logger } from "#lib";

import type { TargetGroup } from "../target-labels.ts";

/** One entry of a job's `…_sd_configs` or `static_configs`. A new kind is a file here and a line in `index.ts`. */
export interface Source {
  /** Begins to look; resolves when what can be known at once is known, and never rejects because of the source. */
  start(): Promise<void>;
  /** What is known now; what was good before stays while the source fails. */
  groups(): readonly TargetGroup[];
  stop(): Promise<void>;
}

export interface SourceContext {
  logger: Logger;
  /** Name of the job, for the log. */
  job: string;
  /** Called when `groups` may answer something new. */
  onChange: () => void;
  /** Counts a look that failed. */
  onError: () => void;
}
