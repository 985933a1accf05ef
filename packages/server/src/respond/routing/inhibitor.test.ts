import type { InhibitRuleConfig } from "#config";
import { parseMatchers } from "#lib";
import { describe, expect, it } from "vitest";

import { Inhibitor } from "./inhibitor.ts";

const NOW = 1_000_000;

const rule = (source: string, target: string, equal: string[] = []): InhibitRuleConfig => ({
  sourceMatchers: parseMatchers(source),
  targetMatchers: parseMatchers(target),
  equal,
});

const alert = (fingerprint: string, labels: Record<string, string>, endsAtMs = Infinity) => ({
  fingerprint,
  labels,
  endsAtMs,
});

describe("inhibition", () => {
  it.each<[string, InhibitRuleConfig, Record<string, string>, Record<string, string>, boolean]>([
    ["a matching source", rule("s=1", "t=1", ["e"]), { s: "1", e: "1" }, { t: "1", e: "1" }, true],
    ["another value", rule("s=1", "t=1", ["e"]), { s: "1", e: "1" }, { t: "1", e: "2" }, false],
    ["absent and empty", rule("s=1", "t=1", ["e"]), { s: "1" }, { t: "1" }, true],
    ["absent and given", rule("s=1", "t=1", ["e"]), { s: "1" }, { t: "1", e: "1" }, false],
    ["no source", rule("s=1", "t=1"), { s: "2" }, { t: "1" }, false],
    ["no target", rule("s=1", "t=1"), { s: "1" }, { t: "2" }, false],
    ["nothing to be equal", rule("s=1", "t=1"), { s: "1", e: "1" }, { t: "1", e: "2" }, true],
    ["both sides each", rule("s=~.+", "t=~.+"), { s: "1", t: "1" }, { s: "2", t: "1" }, false],
    ["a source on both sides", rule("s=~.+", "t=~.+"), { s: "1", t: "1" }, { t: "1" }, true],
    ["a target on both sides", rule("s=~.+", "t=~.+"), { s: "1" }, { s: "2", t: "1" }, true],
  ])("%s", (_name, one, source, target, inhibited) => {
    const inhibitor = new Inhibitor([one]);
    inhibitor.set(alert("f1", source));
    expect(inhibitor.inhibitedBy(target, NOW)).toBe(inhibited ? "f1" : undefined);
  });

  it("does not come from the alert itself", () => {
    const inhibitor = new Inhibitor([rule('severity=~"critical|warning"', 'severity="warning"')]);
    const labels = { severity: "warning" };
    inhibitor.set(alert("self", labels));
    expect(inhibitor.inhibitedBy(labels, NOW)).toBeUndefined();
  });

  it("ends with its source, by time or by news, and begins again with it", () => {
    const inhibitor = new Inhibitor([rule("s=1", "t=1")]);
    inhibitor.set(alert("f1", { s: "1" }, NOW + 10));
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW + 9)).toBe("f1");
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW + 10)).toBeUndefined();
    inhibitor.set(alert("f1", { s: "1" }, NOW + 100));
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW + 11)).toBe("f1");
    inhibitor.set(alert("f1", { s: "1" }, NOW + 20));
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW + 21)).toBeUndefined();
  });

  it("names the next source when one goes, and none when all are gone", () => {
    const inhibitor = new Inhibitor([rule("s=1", "t=1", ["e"])]);
    inhibitor.set(alert("f1", { s: "1", e: "x" }));
    inhibitor.set(alert("f2", { s: "1", e: "x", more: "y" }));
    expect(inhibitor.inhibitedBy({ t: "1", e: "x" }, NOW)).toBe("f1");
    inhibitor.delete("f1");
    expect(inhibitor.inhibitedBy({ t: "1", e: "x" }, NOW)).toBe("f2");
    inhibitor.delete("f2");
    inhibitor.delete("f2");
    expect(inhibitor.inhibitedBy({ t: "1", e: "x" }, NOW)).toBeUndefined();
  });

  it("comes from the first rule that has a source", () => {
    const inhibitor = new Inhibitor([rule("s=1", "t=1"), rule("s=2", "t=1")]);
    inhibitor.set(alert("second", { s: "2" }));
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW)).toBe("second");
    inhibitor.set(alert("first", { s: "1" }));
    expect(inhibitor.inhibitedBy({ t: "1" }, NOW)).toBe("first");
  });

  it("tells apart values that look alike when they are joined", () => {
    const inhibitor = new Inhibitor([rule("s=1", "t=1", ["a", "b"])]);
    inhibitor.set(alert("f1", { s: "1", a: "x", b: "yz" }));
    expect(inhibitor.inhibitedBy({ t: "1", a: "xy", b: "z" }, NOW)).toBeUndefined();
    expect(inhibitor.inhibitedBy({ t: "1", a: "x", b: "yz" }, NOW)).toBe("f1");
  });

  it("of ten thousand alerts by a thousand rules asks each alert about few rules", () => {
    let asked = 0;
    const counted = (one: InhibitRuleConfig): InhibitRuleConfig => {
      const count = (matchers: InhibitRuleConfig["sourceMatchers"]) =>
        matchers.map((matcher) => ({
          ...matcher,
          test: (value: string) => {
            asked += 1;
            return matcher.test(value);
          },
        }));
      return {
        ...one,
        sourceMatchers: count(one.sourceMatchers),
        targetMatchers: count(one.targetMatchers),
      };
    };
    const rules = Array.from({ length: 1000 }, (_, index) =>
      counted(rule(`kind=source,team=t${index}`, `kind=target,team=t${index}`, ["cluster"])),
    );
    const inhibitor = new Inhibitor(rules);
    for (let at = 0; at < 10_000; at++)
      inhibitor.set(alert(`f${at}`, { kind: "source", team: `t${at % 1000}`, cluster: `c${at}` }));
    for (let at = 0; at < 10_000; at++) {
      const target = { kind: "target", team: `t${at % 1000}`, cluster: `c${at}` };
      expect(inhibitor.inhibitedBy(target, NOW)).toBe(`f${at}`);
    }
    expect(asked).toBeLessThan(100_000);
  });

  it("of alerts that are all alike looks at one", () => {
    const inhibitor = new Inhibitor([rule('a=~".+"', 'a=~".+"')]);
    for (let at = 0; at < 20_000; at++) inhibitor.set(alert(`f${at}`, { a: `${at}` }));
    const startedMs = performance.now();
    for (let at = 0; at < 20_000; at++)
      expect(inhibitor.inhibitedBy({ a: `${at}` }, NOW)).toBeUndefined();
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });
});
