import { Labels } from "@fleetlight/promql";
import { describe, expect, it } from "vitest";

import { alertSamples } from "./alert-series.ts";
import {
  AlertingRule,
  AlertLimitError,
  type AlertingSpec,
  type Candidate,
} from "./alerting-rule.ts";
import { candidateOf, plainCandidate, ruleSamples } from "./candidates.ts";

const MINUTE = 60_000;

const texts = { name: "High", labels: { severity: "page" }, annotations: { summary: "high" } };
const surroundings = { externalLabels: {}, externalUrl: "http://here" };
const candidate = (instance: string, value = 1): Candidate => {
  const labels = Labels.fromObject({ __name__: "x", instance });
  const made = plainCandidate(texts, { labels, value }, surroundings);
  if (made === undefined) throw new Error("the texts are no templates");
  return made;
};

const ruleOf = (spec: Partial<AlertingSpec> = {}) =>
  new AlertingRule({ forMs: 0, keepFiringForMs: 0, limit: 0, flapping: null, ...spec });

/** Evaluates with alerts for these instances; what changed, in short. */
const at = (rule: AlertingRule, minute: number, ...instances: string[]): string[] =>
  rule
    .evaluate(
      instances.map((one) => candidate(one)),
      minute * MINUTE,
    )
    .map(({ kind, alert }) => `${kind} ${alert.labels.get("instance")} ${alert.state}`);

describe("the alerts of a rule", () => {
  it("fire at once, go on, and end", () => {
    const rule = ruleOf();
    expect(at(rule, 0, "a")).toEqual(["began a firing"]);
    expect(at(rule, 1, "a", "b")).toEqual(["told a firing", "began b firing"]);
    expect(at(rule, 2, "b")).toEqual(["told b firing", "resolved a inactive"]);
    expect(rule.state).toBe("firing");
    expect(at(rule, 3)).toEqual(["resolved b inactive"]);
    expect(rule.state).toBe("inactive");
    expect(rule.activeCount).toBe(0);
  });

  it("wait for their time, which begins anew when the condition ceased", () => {
    const rule = ruleOf({ forMs: 5 * MINUTE });
    expect(at(rule, 0, "a")).toEqual(["began a pending"]);
    expect(rule.nextDueMs()).toBe(5 * MINUTE);
    expect(at(rule, 4, "a")).toEqual(["told a pending"]);
    expect(at(rule, 4.5)).toEqual(["resolved a inactive"]);
    expect(at(rule, 5, "a")).toEqual(["began a pending"]);
    expect(at(rule, 9.9, "a")).toEqual(["told a pending"]);
    expect(at(rule, 10, "a")).toEqual(["fired a firing"]);
    expect(rule.nextDueMs()).toBe(Infinity);
  });

  it("fire on for keep_firing_for, counted from when the condition ceased", () => {
    const rule = ruleOf({ keepFiringForMs: 5 * MINUTE });
    at(rule, 0, "a");
    expect(at(rule, 1)).toEqual(["held a firing"]);
    expect(rule.nextDueMs()).toBe(6 * MINUTE);
    expect(at(rule, 5.9)).toEqual(["told a firing"]);
    expect(at(rule, 5.95, "a")).toEqual(["held a firing"]);
    expect(at(rule, 6)).toEqual(["held a firing"]);
    expect(at(rule, 11)).toEqual(["resolved a inactive"]);
  });

  it("are remembered for a quarter of an hour and then forgotten", () => {
    const rule = ruleOf();
    at(rule, 0, "a");
    at(rule, 1);
    at(rule, 16);
    expect(at(rule, 16.5, "a")).toEqual(["began a firing"]);
    expect(rule.find(candidate("a").labels.key)?.activeAtMs).toBe(16.5 * MINUTE);
  });

  it("take the latest value and texts", () => {
    const rule = ruleOf();
    rule.evaluate([candidate("a", 1)], 0);
    const [change] = rule.evaluate([{ ...candidate("a", 2), annotations: { summary: "2" } }], 1);
    expect(change).toMatchObject({
      kind: "told",
      alert: { value: 2, annotations: { summary: "2" }, activeAtMs: 0 },
    });
  });

  it("refuse two elements that become the same, and stay as they are", () => {
    const rule = ruleOf();
    at(rule, 0, "a");
    expect(() => at(rule, 1, "b", "b")).toThrow(
      "vector contains metrics with the same labelset after applying alert labels",
    );
    expect([...rule.active()].map(({ labels }) => labels.get("instance"))).toEqual(["a"]);
  });

  it("refuse more than the limit", () => {
    const rule = ruleOf({ limit: 1 });
    at(rule, 0, "a");
    expect(() => at(rule, 1, "a", "b")).toThrow(AlertLimitError);
    expect(() => at(rule, 1, "a", "b")).toThrow("exceeded limit of 1 with 2 alerts");
    expect(rule.end(2).map(({ kind }) => kind)).toEqual(["resolved", "resolved"]);
  });

  it("are left alone outside of the scope", () => {
    const rule = ruleOf();
    at(rule, 0, "a", "b");
    const scope = new Set([candidate("b").labels.key]);
    expect(
      rule.evaluate([], 1, { scope }).map(({ alert }) => alert.labels.get("instance")),
    ).toEqual(["b"]);
    expect(rule.find(candidate("a").labels.key)?.state).toBe("firing");
  });

  it("stay as they are while they are held", () => {
    const rule = ruleOf({ forMs: MINUTE });
    at(rule, 0, "a");
    const hold = () => true;
    expect(rule.evaluate([], 2 * MINUTE, { hold })).toEqual([]);
    expect(rule.state).toBe("pending");
    expect(at(rule, 3, "a")).toEqual(["fired a firing"]);
    expect(at(rule, 4)).toEqual(["resolved a inactive"]);
  });
});

describe("an alert that flaps", () => {
  const flapping = { maxChanges: 3, windowMs: 10 * MINUTE };

  it("is held firing until it has been quiet for long enough", () => {
    const rule = ruleOf({ flapping });
    expect(at(rule, 0, "a")).toEqual(["began a firing"]);
    expect(at(rule, 1)).toEqual(["resolved a inactive"]);
    expect(at(rule, 2, "a")).toEqual(["began a firing"]);
    expect(at(rule, 3)).toEqual(["resolved a inactive"]);
    expect(at(rule, 4, "a")).toEqual(["began a firing"]);
    expect(at(rule, 5)).toEqual(["held a firing"]);
    expect([...rule.active()]).toMatchObject([{ isFlapping: true }]);
    expect(at(rule, 6, "a")).toEqual(["held a firing"]);
    expect(at(rule, 7)).toEqual(["held a firing"]);
    const dueMs = rule.nextDueMs();
    expect(dueMs).toBe(14 * MINUTE + 1);
    expect(at(rule, 13)).toEqual(["told a firing"]);
    expect(at(rule, dueMs / MINUTE)).toEqual(["resolved a inactive"]);
  });

  it("ends as any other when it changes slowly", () => {
    const rule = ruleOf({ flapping });
    for (let minute = 0; minute < 100; minute += 10) {
      expect(at(rule, minute, "a")).toEqual(["began a firing"]);
      expect(at(rule, minute + 5)).toEqual(["resolved a inactive"]);
    }
  });
});

describe("an element of a result", () => {
  const sample = {
    labels: Labels.fromObject({ __name__: "x", job: "api", severity: "low", alertname: "other" }),
    value: 2.5,
  };

  it("loses its name and gets the rule's labels above its own, and the alert's name above all", async () => {
    const labels = { severity: "page", job: "", team: "{{ $labels.job }}", alertname: "mine" };
    const annotations = { summary: "{{ $value | humanize }} at {{ $externalURL }}" };
    const made = await candidateOf({ name: "High", labels, annotations }, sample, surroundings, 0);
    expect(made.labels.toObject()).toEqual({ alertname: "High", severity: "page", team: "api" });
    expect(made.annotations).toEqual({ summary: "2.5 at http://here" });
    expect(made.source.get("__name__")).toBe("x");
  });

  it("tells in its text what is wrong with a template", async () => {
    const told: string[] = [];
    const annotations = { summary: "{{ nothing }}", ok: "{{ $value }}" };
    const made = await candidateOf(
      { ...texts, annotations },
      sample,
      { ...surroundings, onError: (message) => told.push(message) },
      0,
    );
    expect(made.annotations).toMatchObject({
      summary: expect.stringMatching(/^<error expanding template: .*nothing.*>$/),
      ok: "2.5",
    });
    expect(told).toHaveLength(1);
  });

  it("leaves two samples with the alert's labels", () => {
    const rule = ruleOf();
    const [change] = rule.evaluate([candidate("a")], 1_700_000_000_500);
    expect(
      change && alertSamples(change.alert).map((one) => [one.labels.toObject(), one.value]),
    ).toEqual([
      [
        {
          __name__: "ALERTS",
          alertname: "High",
          alertstate: "firing",
          instance: "a",
          severity: "page",
        },
        1,
      ],
      [
        { __name__: "ALERTS_FOR_STATE", alertname: "High", instance: "a", severity: "page" },
        1_700_000_000,
      ],
    ]);
  });

  it("may be a scalar, but no range", () => {
    const result = { warnings: [], infos: [], plan: undefined, stats: {} as never };
    expect(ruleSamples({ ...result, data: { kind: "scalar", timeMs: 0, value: 3 } })).toEqual([
      { labels: Labels.empty, value: 3 },
    ]);
    expect(() => ruleSamples({ ...result, data: { kind: "matrix", series: [] } })).toThrow(
      "rule result is not a vector or scalar",
    );
  });
});
