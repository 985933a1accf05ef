import type { InhibitRuleConfig } from "#config";
import type { LabelSet } from "#lib";

import { MatcherIndex } from "./matcher-index.ts";

/** What an alert must say of itself to inhibit others. */
interface SourceAlert {
  fingerprint: string;
  labels: LabelSet;
  /** When it ends; Infinity while nobody knows. */
  endsAtMs: number;
}

/** Alerts that match the source side of one rule and have the same values where these must be equal. */
interface Alike {
  /** Those that do not match the target side. */
  oneSided: Map<string, SourceAlert>;
  /** Those that match both sides; they inhibit only what matches the target side alone. */
  twoSided: Map<string, SourceAlert>;
}

/** By the values of the labels that must be equal. */
type Sources = Map<string, Alike>;

/** Values are told apart by what no text of a label can hold: their lengths. */
const keyOf = (equal: readonly string[], labels: LabelSet): string =>
  equal.map((name) => `${(labels[name] ?? "").length}:${labels[name] ?? ""}`).join("");

/**
 * Knows which alerts inhibit which, with upstream's semantics: an alert that matches both sides of a rule is not
 * inhibited by another one that does, and a source counts as long as it has not ended, whether or not anybody is told
 * of it.
 */
export class Inhibitor {
  private readonly rules: readonly InhibitRuleConfig[];
  private readonly bySource: MatcherIndex;
  private readonly byTarget: MatcherIndex;
  private readonly sources: Sources[];
  /** Where an alert is kept, so that it is found again when it goes. */
  private readonly places = new Map<string, { rule: number; key: string }[]>();

  constructor(rules: readonly InhibitRuleConfig[]) {
    this.rules = rules;
    this.bySource = new MatcherIndex(rules.map(({ sourceMatchers }) => sourceMatchers));
    this.byTarget = new MatcherIndex(rules.map(({ targetMatchers }) => targetMatchers));
    this.sources = rules.map(() => new Map());
  }

  /** An alert is there, or has news. Labels never change under a fingerprint. */
  set(alert: SourceAlert): void {
    const places =
      this.places.get(alert.fingerprint) ??
      this.bySource.matching(alert.labels).map((rule) => ({
        rule,
        key: keyOf(this.rules[rule]?.equal ?? [], alert.labels),
      }));
    if (places.length === 0) return;
    this.places.set(alert.fingerprint, places);
    for (const { rule, key } of places) {
      const sources = this.sources[rule];
      const known = sources?.get(key);
      const alike = known ?? { oneSided: new Map(), twoSided: new Map() };
      if (known === undefined) sources?.set(key, alike);
      const both = this.byTarget.matches(rule, alert.labels);
      alike[both ? "twoSided" : "oneSided"].set(alert.fingerprint, alert);
    }
  }

  /** An alert is gone for good. */
  delete(fingerprint: string): void {
    for (const { rule, key } of this.places.get(fingerprint) ?? []) {
      const sources = this.sources[rule];
      const alike = sources?.get(key);
      alike?.oneSided.delete(fingerprint);
      alike?.twoSided.delete(fingerprint);
      if (alike?.oneSided.size === 0 && alike.twoSided.size === 0) sources?.delete(key);
    }
    this.places.delete(fingerprint);
  }

  /** Fingerprint of an alert that inhibits one with these labels now: of the first rule that has one, as upstream. */
  inhibitedBy(labels: LabelSet, nowMs: number): string | undefined {
    for (const place of this.byTarget.matching(labels)) {
      const rule = this.rules[place];
      const alike = rule && this.sources[place]?.get(keyOf(rule.equal, labels));
      if (!alike) continue;
      const source =
        firstActive(alike.oneSided, nowMs) ??
        (this.bySource.matches(place, labels) ? undefined : firstActive(alike.twoSided, nowMs));
      if (source !== undefined) return source;
    }
    return undefined;
  }
}

/** Those that have ended are forgotten on the way, so that they are not looked at for every target. */
function firstActive(alerts: Map<string, SourceAlert>, nowMs: number): string | undefined {
  for (const [fingerprint, { endsAtMs }] of alerts) {
    if (endsAtMs > nowMs) return fingerprint;
    alerts.delete(fingerprint);
  }
  return undefined;
}
