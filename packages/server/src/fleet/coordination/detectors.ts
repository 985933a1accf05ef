import { ContradictionDetector } from "./detect-contradictions.ts";
import { DuplicateDetector } from "./detect-duplicates.ts";
import { LoopDetector } from "./detect-loops.ts";
import { ResourceConflictDetector } from "./detect-resource-conflicts.ts";
import { RunawayDetector } from "./detect-runaways.ts";
import { SlowAgreementDetector } from "./detect-slow-agreement.ts";
import { WaitDetector } from "./detect-waits.ts";
import type { Detector } from "./types.ts";

/** All that is looked for. */
export const createDetectors = (): Detector[] => [
  new WaitDetector(),
  new ResourceConflictDetector(),
  new ContradictionDetector(),
  new DuplicateDetector(),
  new SlowAgreementDetector(),
  new LoopDetector(),
  new RunawayDetector(),
];
