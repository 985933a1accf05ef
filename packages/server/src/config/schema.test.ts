import { describe, expect, it } from "vitest";

import { ConfigSchema, ConfigShape } from "./schema.ts";
import { hashToken } from "./tokens.ts";
import { inspectSetting, itemOf, keysOf, type Setting } from "./walk.ts";

const messages = (input: unknown): string[] => {
  const result = ConfigSchema.safeParse(input);
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
};

function everySetting(setting: Setting, path = ""): [string, Setting][] {
  const keys = Object.entries(keysOf(setting) ?? {});
  const item = itemOf(setting);
  return [
    [path, setting],
    ...keys.flatMap(([key, schema]) => everySetting(inspectSetting(schema), `${path}.${key}`)),
    ...(item ? everySetting(inspectSetting(item), `${path}[]`) : []),
  ];
}

describe("ConfigSchema", () => {
  it("is complete without any input, durations in milliseconds and sizes in bytes", () => {
    expect(ConfigSchema.parse({})).toMatchObject({
      server: {
        host: "127.0.0.1",
        port: 8051,
        workers: 1,
        reload: true,
        body_limit_bytes: 10_485_760,
      },
      monitoring: {
        refresh_interval: 5000,
        health_check_interval: 30_000,
        alert_cooldown_minutes: 5,
      },
      checks: { timeout: 5000, heartbeat_timeout: 90_000, retain_vanished: 86_400_000 },
      scrape: { interval: 15_000, timeout: 10_000, body_size_limit_bytes: 52_428_800 },
      storage: {
        retention: { metrics: 15 * 86_400_000, events: 400 * 86_400_000 },
        head: { max_bytes: 134_217_728, window: 604_800_000 },
      },
      notifications: {},
      logging: { level: "info", format: "auto" },
    });
  });

  it("describes every setting of its own in one sentence", () => {
    const undescribed = everySetting(inspectSetting(ConfigShape))
      .filter(([path]) => path !== "" && !path.endsWith("[]"))
      .filter(([, setting]) => !/[^.]\.$/.test(setting.description))
      .map(([path]) => path);
    expect(undescribed).toEqual([]);
  });

  it.each([
    ["50MiB", 52_428_800],
    ["1.5 GB", 1_500_000_000],
    [2048, 2048],
    ["4096", 4096],
  ])("reads the size %j", (text, expected) => {
    expect(ConfigSchema.parse({ server: { body_limit_bytes: text } }).server.body_limit_bytes).toBe(
      expected,
    );
  });

  it.each([["10 parsecs"], [-1], [1.5], [true], ["9".repeat(30)], [100]])(
    "refuses the size %j",
    (size) => {
      expect(messages({ server: { body_limit_bytes: size } })).toHaveLength(1);
    },
  );

  it("takes a century and a minute as retention, but not less", () => {
    const retention = { metrics: "100y", traces: "1m" };
    expect(ConfigSchema.parse({ storage: { retention } }).storage.retention).toMatchObject({
      metrics: 100 * 365 * 86_400_000,
      traces: 60_000,
    });
    expect(messages({ storage: { retention: { logs: "59s" } } })).toEqual([
      "storage.retention.logs: must be between 1m and 1000y",
    ]);
  });

  it("refuses intervals that a timer cannot hold", () => {
    expect(messages({ scrape: { interval: "30d" } })).toEqual([
      "scrape.interval: must be between 100ms and 1d",
    ]);
    expect(messages({ scrape: { interval: "0s" } })).toHaveLength(1);
  });

  it("lets metrics_retention_hours stand for an absent storage.retention.metrics", () => {
    const monitoring = { metrics_retention_hours: 48 };
    expect(ConfigSchema.parse({ monitoring }).storage.retention.metrics).toBe(48 * 3_600_000);
    const storage = { retention: { metrics: "1d" } };
    expect(ConfigSchema.parse({ monitoring, storage }).storage.retention.metrics).toBe(86_400_000);
    expect(messages({ monitoring, storage: { retention: 5 } })).toEqual([
      "storage.retention: Invalid input: expected object, received number",
    ]);
  });

  it("lowers the default scrape timeout to the interval, but refuses a written one that is longer", () => {
    expect(ConfigSchema.parse({ scrape: { interval: "2s" } }).scrape.timeout).toBe(2000);
    expect(messages({ scrape: { interval: "5s", timeout: "6s" } })).toEqual([
      "scrape.timeout: 6s is longer than scrape.interval (5s)",
    ]);
  });

  it.each([
    ["WARNING", "warn"],
    ["critical", "fatal"],
    ["Debug", "debug"],
  ])("knows the level %s as %s", (written, level) => {
    expect(ConfigSchema.parse({ logging: { level: written } }).logging.level).toBe(level);
  });

  it("takes rules with and without a metric, and conditions as words", () => {
    const { rules } = ConfigSchema.parse({
      alerting: {
        rules: {
          cpu_high: {
            name: "CPU high",
            condition: ">",
            threshold: 90,
            severity: "warning",
            enabled: true,
          },
          errors: {
            name: "Errors",
            expr: "errors_total",
            condition: "gte",
            threshold: 1,
            cooldown_minutes: 1,
          },
        },
      },
    }).alerting;
    expect(rules.cpu_high).toMatchObject({ condition: ">", for_duration: 0, labels: {} });
    expect(rules.errors).toMatchObject({
      condition: ">=",
      expr: "errors_total",
      severity: "warning",
    });
  });
});

describe("who is let in", () => {
  const token = { name: "ci", token: "a-secret-of-some-length", scopes: ["read"] };

  it.each(["0.0.0.0", "::", "192.168.1.5", "monitoring.example.org"])(
    "refuses to listen on %s without authentication and tells both ways out",
    (host) => {
      const [message = ""] = messages({ server: { host } });
      expect(message).toMatch(/^server.host: .*auth\.tokens.*auth\.mode: none/);
      expect(messages({ server: { host }, auth: { mode: "none" } })).toEqual([]);
      expect(messages({ server: { host }, auth: { tokens: [token] } })).toEqual([]);
    },
  );

  it.each(["127.0.0.1", "localhost", "::1", "127.1.2.3", "[::1]"])("lets %s be open", (host) => {
    expect(messages({ server: { host } })).toEqual([]);
  });

  it("refuses the mode tokens without a token", () => {
    expect(messages({ auth: { mode: "tokens" } })).toEqual([
      expect.stringMatching(/^auth.mode: no token/),
    ]);
  });

  it("keeps only the hash of a token", () => {
    const { tokens } = ConfigSchema.parse({ auth: { tokens: [token] } }).auth;
    expect(tokens).toEqual([
      { name: "ci", scopes: ["read"], token_sha256: hashToken(token.token) },
    ]);
    expect(hashToken("abc")).toBe(
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    );
  });

  it("wants each token given in one way, and names only once", () => {
    const both = { ...token, token_sha256: "0".repeat(64) };
    expect(messages({ auth: { tokens: [both] } })).toEqual([
      expect.stringContaining("give exactly one of"),
    ]);
    expect(messages({ auth: { tokens: [{ name: "x", scopes: ["read"] }] } })).toHaveLength(1);
    expect(messages({ auth: { tokens: [token, token] } })).toEqual([
      "auth.tokens.1.name: is already the name of auth.tokens[0]",
    ]);
  });
});

describe("other fields that must fit together", () => {
  it.each([
    [
      { server: { port: 8501, dashboard_port: 8501 } },
      "server.dashboard_port: must differ from server.port",
    ],
    [
      {
        services: [
          { id: "a", name: "A", url: "http://a" },
          { id: "a", name: "B", url: "http://b" },
        ],
      },
      "services.1.id: is already the id of services[0]",
    ],
  ])("refuses %j", (input, message) => {
    expect(messages(input)).toEqual([message]);
  });

  it.each(["10.0.0.0/33", "10.0.0/8", "fe80::/129", "host", "10.0.0.1/8/8", ""])(
    "refuses the network %j",
    (network) => {
      expect(messages({ outbound: { allow_addresses: [network] } })).toHaveLength(1);
    },
  );

  it("takes networks and single addresses", () => {
    expect(
      messages({ outbound: { allow_addresses: ["169.254.169.254", "10.0.0.0/8", "fd00::/8"] } }),
    ).toEqual([]);
  });

  it.each(["javascript:alert(1)", "ftp://x", "not a url"])("refuses the webhook URL %j", (url) => {
    expect(messages({ notifications: { webhook: { url } } })).toHaveLength(1);
  });

  it("refuses headers that would split a request", () => {
    const webhook = { url: "http://x", headers: { "X-A": "a\r\nHost: evil" } };
    expect(messages({ notifications: { webhook } })).toHaveLength(1);
  });
});
