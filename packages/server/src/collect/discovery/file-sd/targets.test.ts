import { describe, expect, it } from "vitest";

import { readTargets } from "./targets.ts";

const read = (value: unknown) => readTargets(JSON.stringify(value), true, "exporter");

describe("a file of targets", () => {
  it("becomes services with stable ids, and labels without those of discovery", () => {
    const [service] = read([
      {
        targets: ["db-1.internal:9100"],
        labels: {
          job: "node",
          env: "prod",
          __scheme__: "https",
          __metrics_path__: "/node/metrics",
          __meta_rack: "r7",
        },
      },
    ]);
    expect(service).toEqual({
      id: "node:db-1.internal:9100",
      name: "db-1.internal:9100",
      type: "exporter",
      url: "https://db-1.internal:9100",
      health_endpoint: "/node/metrics",
      metrics_endpoint: "/node/metrics",
      labels: { job: "node", env: "prod" },
    });
  });

  it("may say what is checked, and its name", () => {
    const labels = { service: "api", __health_path__: "/healthz" };
    expect(read([{ targets: ["10.0.0.1:80"], labels }])[0]).toMatchObject({
      id: "10.0.0.1:80",
      name: "api",
      health_endpoint: "/healthz",
      metrics_endpoint: "/metrics",
    });
  });

  it("may be YAML with numbers as labels, without labels, or empty", () => {
    const yaml =
      "- targets: ['a:1', 'b:2']\n  labels: {shard: 7, canary: true}\n- targets: [c:3]\n";
    const services = readTargets(yaml, false, "custom");
    expect(services.map(({ id }) => id)).toEqual(["a:1", "b:2", "c:3"]);
    expect(services[0]?.labels).toEqual({ shard: "7", canary: "true" });
    expect(readTargets("", false, "custom")).toEqual([]);
    expect(read([])).toEqual([]);
  });

  it("gives targets different ids even when an id may not hold their names", () => {
    const targets = ["[::1]:9100", "[::2]:9100", `${"a".repeat(200)}:1`, `${"a".repeat(200)}:2`];
    const ids = read([{ targets, labels: { job: "größe" } }]).map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9._:-]{0,127}$/);
    expect(read([{ targets, labels: { job: "größe" } }]).map(({ id }) => id)).toEqual(ids);
  });

  it.each([
    ["an object", { targets: ["a:1"] }, /list/],
    ["a target that is no text", [{ targets: [7] }], /0\.targets\.0/],
    ["a missing list of targets", [{ labels: {} }], /0\.targets/],
    ["a target with a path", [{ targets: ["a:1/metrics"] }], /expected host:port/],
    ["a target with a scheme", [{ targets: ["http://a:1"] }], /expected host:port/],
    ["a target with credentials", [{ targets: ["u:p@a:1"] }], /expected host:port/],
    ["a target with a bad port", [{ targets: ["a:99999"] }], /expected host:port/],
    ["another protocol", [{ targets: ["a:1"], labels: { __scheme__: "ftp" } }], /target "a:1"/],
    ["a bad label name", [{ targets: ["a:1"], labels: { "no-dash": "x" } }], /target "a:1"/],
  ])("is refused with a reason: %s", (_name, value, reason) => {
    expect(() => read(value)).toThrow(reason);
  });

  it("is refused when it is cut off, or unfolds without end", () => {
    expect(() => readTargets('[{"targets": ["a', true, "custom")).toThrow(/JSON/);
    expect(() => readTargets("- targets: [a\n  labels", false, "custom")).toThrow(
      /flow|Missing|must/i,
    );
    const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
    for (let level = 1; level < 9; level++) {
      const [from, to] = [String.fromCharCode(96 + level), String.fromCharCode(97 + level)];
      bomb.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(",")}]`);
    }
    expect(() => readTargets(bomb.join("\n"), false, "custom")).toThrow(/alias/i);
  });
});
