import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { environmentName } from "./env.ts";
import { loadConfig, type LoadOptions } from "./load.ts";
import { ConfigError, formatProblem } from "./problems.ts";
import { hashToken } from "./tokens.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-config-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};

const load = (options: Partial<LoadOptions> = {}) => loadConfig({ env: {}, ...options });

/** Every problem, with the directory of the test left out. */
function problems(options: Partial<LoadOptions>): string[] {
  try {
    load(options);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => formatProblem(problem).replaceAll(`${directory}/`, ""));
  }
}

describe("files", () => {
  it.each([
    ["a.json", '{"server": {"port": 9000}}'],
    ["a.yaml", "server:\n  port: 9000\n"],
    ["a.yml", '{"server": {"port": 9000}}'],
    ["json.conf", '\ufeff {"server": {"port": 9000}}'],
    ["yaml.conf", "# comment\nserver: {port: 9000}"],
    ["anchors.yaml", "server: &a\n  port: 9000\nhost:\nservices:\n"],
  ])("reads %s", (name, text) => {
    expect(load({ file: write(name, text) }).config.server.port).toBe(9000);
  });

  it("does not expand variables in the text", () => {
    const file = write("a.yaml", 'storage: {data_dir: "$HOME/${PORT}"}');
    expect(load({ file, env: { HOME: "/root" } }).config.storage.data_dir).toBe("$HOME/${PORT}");
  });

  it("finds the files that a file names beside it, wherever the server runs", () => {
    mkdirSync(join(directory, "secrets"));
    write("secrets/ci", "  the-token-of-the-ci  \n");
    const file = write(
      "a.yaml",
      "auth: {tokens: [{name: ci, token_file: secrets/ci, scopes: [read]}]}\ndiscovery: {file_sd: [{files: [t/*.json]}]}",
    );
    const { config } = load({ file });
    expect(config.auth.tokens[0]?.token_sha256).toBe(hashToken("the-token-of-the-ci"));
    expect(config.discovery.file_sd[0]?.files).toEqual([join(directory, "t/*.json")]);
  });

  it.each([
    [
      "a.json",
      '{\n  "server": {"prot": 1}\n}',
      '2:14: server.prot: unknown key "prot"; did you mean "port"?',
    ],
    [
      "a.json",
      '{\n  "server": {\n    "port": "x"\n  }\n}',
      "3:13: server.port: expected number, received string",
    ],
    ["a.json", '{\n\t"server": {"port": 1,}\n}', "2:23: a comma before } is not JSON"],
    ["a.json", '{"server": {"port": 1}', "1:23: expected , or }, found the end of the file"],
    ["a.json", '{"a": 1}\n// x', "2:1: nothing may follow the end of the JSON value"],
    ["a.json", "{server: 1}", '1:2: expected a key in double quotes, found "s"'],
    ["a.json", '{"server": {}, "server": {}}', '1:16: the key "server" is given twice'],
    ["a.json", '{"server": nope}', '1:12: expected a value, found "n"'],
    [
      "a.json",
      '{"a": "x\ny"}',
      "1:7: this string has no end on its line, or an escape that JSON does not have",
    ],
    ["a.json", `${"[".repeat(200)}`, "1:102: nested deeper than 100 levels"],
    ["a.json", "[]", "1:1: expected object, received array"],
    ["a.yaml", "server:\n  port: 1\n  port: 2\n", "3:3: Map keys must be unique"],
    [
      "a.yaml",
      "server:\n  port: [1\n",
      "3:1: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
    [
      "a.yaml",
      "scrape:\n  interval: 5 parsecs\n",
      '2:13: scrape.interval: "5 parsecs" is not a duration such as 500ms, 15s, 1h30m, 30d or 100y',
    ],
    ["a.yaml", "services:\n  - name: A\n    url: http://a\n", "2:5: services[0].id: is required"],
    [
      "a.yaml",
      "services:\n  - {id: -x, name: A, url: http://a}\n",
      "2:10: services[0].id: an id is letters, digits and . _ : - and starts with a letter or digit",
    ],
    [
      "a.yaml",
      "alerting:\n  rules:\n    a b: {name: x, condition: gt, threshold: 1}\n",
      '3:5: alerting.rules["a b"]: an id is letters, digits and . _ : - and starts with a letter or digit',
    ],
    [
      "a.yaml",
      "server:\n  host: 0.0.0.0\n",
      expect.stringMatching(/^2:9: server\.host: 0\.0\.0\.0 can be reached/),
    ],
    [
      "a.json",
      '{"__proto__": {"port": 1}}',
      expect.stringMatching(
        /^1:2: __proto__: unknown key "__proto__"; known here: agents, alerting, auth/,
      ),
    ],
    ["a.yaml", "", "1:1: the file is empty; {} is the default configuration"],
  ])("tells the place of the error in %s %j", (name, text, expected) => {
    const [problem = ""] = problems({ file: write(name, text) });
    expect(problem.slice(0, name.length + 1)).toBe(`${name}:`);
    expect(problem.slice(name.length + 1)).toEqual(expected);
  });

  it("name a file of prices from where they lie themselves", () => {
    const file = write("prices.yaml", "traces: {prices: own/prices.json}");
    expect(load({ file }).config.traces.prices).toBe(join(directory, "own/prices.json"));
  });

  it("tells every problem, in the order of the text", () => {
    const file = write(
      "a.yaml",
      "logging: {level: loud}\nserver:\n  port: -1\n  nope: 1\nservices: 5\n",
    );
    expect(problems({ file }).map((problem) => problem.slice(0, 12))).toEqual([
      "a.yaml:1:18:",
      "a.yaml:3:9: ",
      "a.yaml:4:3: ",
      "a.yaml:5:11:",
    ]);
  });

  it("does not unfold a text without end", () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`,
    );
    const file = write("bomb.yaml", `a0: &a0 x\n${levels.join("\n")}\n`);
    const started = performance.now();
    expect(problems({ file })[0]).toContain("Excessive alias count");
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("names a file that cannot be read", () => {
    expect(problems({ file: join(directory, "no.yaml") })).toEqual([
      expect.stringMatching(/^no.yaml: cannot be read: ENOENT/),
    ]);
    expect(problems({ file: directory })[0]).toContain("cannot be read");
  });

  it("never shows a secret in a problem", () => {
    const file = write(
      "a.yaml",
      "auth: {tokens: [{name: x, token: hunter2hunter2, scopes: [root]}]}\nstorage: {state_url: 'mysql://u:hunter2@h'}",
    );
    expect(problems({ file })).toHaveLength(2);
    expect(problems({ file }).join()).not.toContain("hunter2");
  });
});

describe("environment", () => {
  it.each([
    [
      "FLEETLIGHT_STORAGE__RETENTION__METRICS",
      "100y",
      (c: Loaded) => c.storage.retention.metrics,
      3_153_600_000_000,
    ],
    ["fleetlight_server__port", "9001", (c: Loaded) => c.server.port, 9001],
    ["FLEETLIGHT_SERVER__RELOAD", "off", (c: Loaded) => c.server.reload, false],
    ["FLEETLIGHT_SCRAPE__HONOR_LABELS", "TRUE", (c: Loaded) => c.scrape.honor_labels, true],
    [
      "FLEETLIGHT_SCRAPE__BODY_SIZE_LIMIT_BYTES",
      "1MiB",
      (c: Loaded) => c.scrape.body_size_limit_bytes,
      1_048_576,
    ],
    [
      "FLEETLIGHT_SERVER__CORS__ORIGINS",
      "http://a, http://b",
      (c: Loaded) => c.server.cors.origins,
      ["http://a", "http://b"],
    ],
    ["FLEETLIGHT_SERVER__CORS__ORIGINS", '["*"]', (c: Loaded) => c.server.cors.origins, ["*"]],
    [
      "FLEETLIGHT_SERVICES",
      '[{"id":"a","name":"A","url":"http://a"}]',
      (c: Loaded) => c.services[0]?.id,
      "a",
    ],
    ["FLEETLIGHT_CHECKS__JITTER", "0.25", (c: Loaded) => c.checks.jitter, 0.25],
    ["FLEETLIGHT_STORAGE", '{"flush_rows": 5}', (c: Loaded) => c.storage.flush_rows, 5],
    ["PORT", "9002", (c: Loaded) => c.server.port, 9002],
    ["LOG_LEVEL", "WARNING", (c: Loaded) => c.logging.level, "warn"],
    ["METRICS_RETENTION", "24h", (c: Loaded) => c.storage.retention.metrics, 86_400_000],
    ["WORKER_CHECK_INTERVAL", "30s", (c: Loaded) => c.monitoring.health_check_interval, 30_000],
    ["UPDATE_INTERVAL", "2", (c: Loaded) => c.monitoring.refresh_interval, 2000],
    [
      "ALERT_WEBHOOK_URL",
      "http://hook",
      (c: Loaded) => c.notifications.webhook?.url,
      "http://hook",
    ],
  ])("takes %s=%s", (name, value, pick, expected) => {
    const { config, source } = load({ env: { [name]: value } });
    expect(pick(config)).toEqual(expected);
    expect(source.variables).toEqual([name]);
  });

  it("names the variable of a path", () => {
    expect(environmentName(["storage", "retention", "metrics"])).toBe(
      "FLEETLIGHT_STORAGE__RETENTION__METRICS",
    );
  });

  it("sets keys of maps, in lower case when the variable is all capitals", () => {
    const { config } = load({
      env: {
        FLEETLIGHT_ALERTING__RULES__CPU_HIGH: '{"name":"CPU","condition":"gt","threshold":1}',
        FLEETLIGHT_ALERTING__RULES__CPU_HIGH__THRESHOLD: "90",
        FLEETLIGHT_NOTIFICATIONS__WEBHOOK__URL: "http://hook",
        "FLEETLIGHT_NOTIFICATIONS__WEBHOOK__HEADERS__X-Key": "k",
      },
    });
    expect(config.alerting.rules.cpu_high?.threshold).toBe(90);
    expect(config.notifications.webhook?.headers).toEqual({ "X-Key": "k" });
  });

  it.each([
    [
      { FLEETLIGHT_STORAGE__RETENTION__METRIC: "1d" },
      "FLEETLIGHT_STORAGE__RETENTION__METRIC: no setting has this name; did you mean FLEETLIGHT_STORAGE__RETENTION__METRICS?",
    ],
    [
      { FLEETLIGHT_SERVER_PORT: "1" },
      "FLEETLIGHT_SERVER_PORT: no setting has this name; did you mean FLEETLIGHT_SERVER__PORT?",
    ],
    [
      { FLEETLIGHT_SERVICES__0__ID: "a" },
      "FLEETLIGHT_SERVICES__0__ID: services is given as one JSON array: FLEETLIGHT_SERVICES",
    ],
    [
      { FLEETLIGHT_SERVER__PORT__X: "1" },
      "FLEETLIGHT_SERVER__PORT__X: server.port has no settings below it: FLEETLIGHT_SERVER__PORT",
    ],
    [{ FLEETLIGHT_SERVICES: "[{" }, "FLEETLIGHT_SERVICES: services: expected JSON (an array)"],
    [
      { FLEETLIGHT_SERVER__PORT: "http" },
      "FLEETLIGHT_SERVER__PORT: server.port: expected number, received string",
    ],
    [{ PORT: "99999" }, "PORT: server.port: too big: expected number to be <=65535"],
    [
      { FLEETLIGHT_SERVER__CONSTRUCTOR: "1" },
      expect.stringContaining("FLEETLIGHT_SERVER__CONSTRUCTOR: no setting has this name"),
    ],
  ])("refuses %j and names the variable", (env, expected) => {
    expect(problems({ env: env as Record<string, string> })).toEqual([expected]);
  });

  it("leaves alone empty variables, those of clients, and those that Kubernetes adds for a Service of our name", () => {
    const env = {
      PORT: "",
      FLEETLIGHT_SERVER__PORT: "",
      FLEETLIGHT_CONFIG: "x.yaml",
      FLEETLIGHT_URL: "http://x",
      FLEETLIGHT_TOKEN: "t",
      FLEETLIGHT_PORT: "tcp://10.0.0.1:8051",
      FLEETLIGHT_SERVICE_HOST: "10.0.0.1",
      FLEETLIGHT_SERVICE_PORT_HTTP: "8051",
      FLEETLIGHT_PORT_8051_TCP_ADDR: "10.0.0.1",
      HOME: "/root",
    };
    expect(load({ env }).config.server.port).toBe(8051);
    expect(problems({ env: { FLEETLIGHT_PORT: "8051" } })).toHaveLength(1);
  });
});

type Loaded = ReturnType<typeof load>["config"];

describe("precedence", () => {
  const layers: Partial<LoadOptions>[] = [
    { overrides: { server: { port: 1 } } },
    { env: { FLEETLIGHT_SERVER__PORT: "2", PORT: "3" } },
    { env: { PORT: "3" } },
  ];

  it("is command line, FLEETLIGHT_ variable, plain variable, file, default", () => {
    const file = write("a.yaml", "server: {port: 4, workers: 3}");
    const all = { file, env: layers[1]?.env ?? {}, ...layers[0] };
    expect(load(all).config.server.port).toBe(1);
    expect(load({ file, ...layers[1] }).config.server.port).toBe(2);
    expect(load({ file, ...layers[2] }).config.server.port).toBe(3);
    expect(load({ file }).config.server.port).toBe(4);
    expect(load().config.server.port).toBe(8051);
    expect(load(all).config.server.workers).toBe(3);
  });

  it("replaces lists and completes sections", () => {
    const file = write("a.yaml", "server: {cors: {origins: ['http://a', 'http://b']}, port: 5}");
    const { server } = load({ file, env: { FLEETLIGHT_SERVER__CORS__ORIGINS: "http://c" } }).config;
    expect(server).toMatchObject({ cors: { origins: ["http://c"] }, port: 5 });
  });

  it("blames the layer that a wrong value came from", () => {
    const file = write("a.yaml", "server: {port: 4}");
    expect(problems({ file, overrides: { server: { port: 70_000 } } })).toEqual([
      "command line: server.port: too big: expected number to be <=65535",
    ]);
  });

  it("ignores options that were not given", () => {
    const file = write("a.yaml", "server: {port: 4}");
    expect(load({ file, overrides: { server: { port: undefined } } }).config.server.port).toBe(4);
  });
});

describe("warnings", () => {
  it("tell what is allowed but probably not meant", () => {
    const file = write(
      "a.yaml",
      "server: {workers: 4}\nauth: {tokens: [{name: x, token: short, scopes: [read]}]}",
    );
    expect(load({ file }).source.warnings).toEqual([
      expect.stringContaining("server.workers is 4"),
      expect.stringContaining('the token "x" is shorter than 16'),
    ]);
    expect(load().source).toEqual({ file: undefined, variables: [], warnings: [] });
  });
});
