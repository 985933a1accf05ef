import type { LabelSet } from "#lib";
import type { SeriesRef } from "#store";

import type { CompiledRule } from "./compile.ts";

/** One series that satisfies the condition of one rule. */
export interface Holding {
  fingerprint: string;
  /** Id of the service that the series belongs to, or an empty string. */
  service: string;
  sinceMs: number;
  state: "pending" | "firing";
  /** As it was last emitted; undefined when it is only known from before the restart. */
  value: number | undefined;
  /** True from the restart until the series has been heard of again. */
  restored: boolean;
}

export const serviceOf = (labels: LabelSet): string => labels["service"] ?? "";

/** An enabled rule of one tenant with the series it follows and those that satisfy it. */
export class LiveRule {
  readonly tenant: string;
  compiled: CompiledRule;
  readonly refs = new Set<SeriesRef>();
  readonly holdings = new Map<SeriesRef, Holding>();
  /** Known from before the restart, by fingerprint; their series has not appeared yet. */
  readonly restored = new Map<string, Holding>();
  lastAtMs: number | null = null;
  lastDurationMs: number | null = null;
  error: string | null = null;
  /** A limit kept series or alerts out since the last round of the clock. */
  limited: string | null = null;

  constructor(tenant: string, compiled: CompiledRule) {
    this.tenant = tenant;
    this.compiled = compiled;
  }

  get id(): string {
    return this.compiled.definition.id;
  }

  /** What the rule's owner should know, or null. */
  get complaint(): string | null {
    if (this.error !== null) return this.error;
    if (this.limited !== null) return this.limited;
    if (this.compiled.guessed && this.refs.size === 0) {
      return `the rule names no metric, and no series is called ${this.id}: give it a metric`;
    }
    return null;
  }
}
