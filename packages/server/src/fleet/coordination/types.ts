import type { Finding, FindingKind, Severity } from "@fleetlight/contract";

import type { Config } from "#config";

import type { TraceUpdate } from "../live/index.ts";
import type { Figures } from "./figures.ts";

export type Limits = Config["coordination"];
export type Evidence = Finding["evidence"][number];

/** Something that a detector sees now. */
export interface Sighting {
  kind: FindingKind;
  /** What it is about: the same thing that is seen again is the same finding. */
  key: string;
  severity: Severity;
  agents: readonly string[];
  traceId: string;
  subject: string;
  value: number;
  summary: string;
  evidence: readonly Evidence[];
  /** Since when it is so, Unix milliseconds. */
  sinceMs: number;
  /** Goes on until the detector says that it has ended; others are over when they are not seen again. */
  isLasting?: boolean;
}

/** What a detector knows beside the spans, and whom it tells. */
export interface Around {
  nowMs: number;
  limits: Limits;
  figures: Figures;
  report(sighting: Sighting): void;
  /** What was reported under this key has ended. */
  end(key: string): void;
}

/** News of a trace, with what it belongs to. */
export interface SeenTrace extends TraceUpdate {
  /** In the order in which they began. */
  fresh: TraceUpdate["fresh"];
  /** The workflow, else the conversation, else the trace itself: where agents concern one another. */
  scope: string;
}

/** Looks for one thing in the spans of one tenant. Everything that it remembers is bounded. */
export interface Detector {
  /** News of a trace, at most a few times a second; must not keep what it is given. */
  look(trace: SeenTrace, around: Around): void;
  /** Once a second, for what happens because nothing happens. */
  tick?(around: Around): void;
}
