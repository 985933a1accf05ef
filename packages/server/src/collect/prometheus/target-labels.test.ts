import { describe, expect, it } from "vitest";

import { ConfigSchema, type ScrapeJob } from "#config";
import type { LabelSet } from "#lib";

import { compileRelabel } from "./relabel.ts";
import { discoveredLabels, populate, type Populated } from "./target-labels.ts";

function jobOf(job: Record<string, unknown>): {
  job: ScrapeJob;
  global: ReturnType<typeof ConfigSchema.parse>["global"];
} {
  const config = ConfigSchema.parse({ scrape_configs: [{ job_name: "node", ...job }] });
  return { job: config.scrape_configs[0] as ScrapeJob, global: config.global };
}

function populated(
  changes: Record<string, unknown>,
  target: LabelSet = {},
  group: LabelSet = {},
): Populated {
  const { job, global } = jobOf(changes);
  const discovered = discoveredLabels({ __address__: "host:9100", ...target }, group, job, global);
  return populate(discovered, job, compileRelabel(job.relabel_configs));
}

describe("discovered labels", () => {
  it("are those of the target before its group before the job", () => {
    const { job, global } = jobOf({
      params: { module: ["a", "b"], empty: [] },
      scrape_interval: "5s",
    });
    const group = { __address__: "ignored", env: "prod", job: "named" };
    expect(discoveredLabels({ __address__: "h:1", env: "" }, group, job, global)).toEqual({
      __address__: "h:1",
      env: "prod",
      job: "named",
      __scrape_interval__: "5s",
      __scrape_timeout__: "5s",
      __metrics_path__: "/metrics",
      __scheme__: "http",
      __param_module: "a",
    });
  });
});

describe("a target", () => {
  it("gets an instance, and no label that begins with two underscores", () => {
    expect(populated({}, { __meta_x: "1", __tmp_y: "2" }, { env: "prod" })).toEqual({
      kind: "active",
      url: "http://host:9100/metrics",
      labels: { job: "node", instance: "host:9100", env: "prod" },
      intervalMs: 60_000,
      timeoutMs: 10_000,
    });
  });

  it.each<[string, Record<string, unknown>, string]>([
    [
      "parameters, sorted",
      { params: { b: ["1", "2"], a: ["x y"] } },
      "http://host:9100/metrics?a=x+y&b=1&b=2",
    ],
    [
      "a parameter that relabelling set",
      {
        params: { target: ["old", "second"] },
        relabel_configs: [
          { source_labels: ["__address__"], target_label: "__param_target" },
          { target_label: "__address__", replacement: "prober:9115" },
        ],
      },
      "http://prober:9115/metrics?target=host%3A9100&target=second",
    ],
    ["scheme and path", { scheme: "https", metrics_path: "/a b?c" }, "https://host:9100/a%20b%3Fc"],
    ["a path without a slash", { metrics_path: "probe" }, "http://host:9100/probe"],
    [
      "a path from a label",
      { relabel_configs: [{ target_label: "__metrics_path__", replacement: "/other" }] },
      "http://host:9100/other",
    ],
  ])("is asked with %s", (_, changes, url) => {
    expect(populated(changes)).toMatchObject({ kind: "active", url });
  });

  it("keeps the instance that relabelling gave it", () => {
    const rules = [{ source_labels: ["__address__"], regex: "(.*):.*", target_label: "instance" }];
    expect(populated({ relabel_configs: rules })).toMatchObject({
      labels: { instance: "host", job: "node" },
    });
  });

  it("has the pace that its labels say", () => {
    const rules = [
      { target_label: "__scrape_interval__", replacement: "7s" },
      { target_label: "__scrape_timeout__", replacement: "3s" },
    ];
    expect(populated({ relabel_configs: rules })).toMatchObject({
      intervalMs: 7000,
      timeoutMs: 3000,
    });
  });

  it("is dropped by relabelling", () => {
    const rules = [{ source_labels: ["env"], regex: "prod", action: "keep" }];
    expect(populated({ relabel_configs: rules })).toEqual({ kind: "dropped" });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["has no address", { target_label: "__address__", replacement: "" }, /no address/],
    [
      "has an address with a path",
      { target_label: "__address__", replacement: "a/b" },
      /not a valid hostname/,
    ],
    [
      "has an interval of nothing",
      { target_label: "__scrape_interval__", replacement: "0s" },
      /cannot be 0/,
    ],
    [
      "has an interval that is none",
      { target_label: "__scrape_interval__", replacement: "x" },
      /error parsing scrape interval/,
    ],
    [
      "times out after the next scrape",
      { target_label: "__scrape_timeout__", replacement: "2m" },
      /cannot be greater than scrape interval/,
    ],
    ["has another scheme", { target_label: "__scheme__", replacement: "file" }, /not an http/],
  ])("is invalid when it %s", (_, rule, reason) => {
    const result = populated({ relabel_configs: [rule] });
    expect(result.kind).toBe("invalid");
    expect(result.kind === "invalid" && result.reason).toMatch(reason);
  });
});
