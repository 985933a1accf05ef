import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError, readAlertmanagerFile } from "@fleetlight/server/config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const amtool = findPeer("amtool", "amtool");

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-amtool-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Said {
  ok: boolean;
  out: string;
  error: string;
}

function run(args: readonly string[], input?: string): Said {
  try {
    const out = execFileSync(amtool ?? "", args, {
      encoding: "utf8",
      timeout: 60_000,
      stdio: ["pipe", "pipe", "pipe"],
      // Its own configuration, if there is one, must not add anything.
      env: { ...process.env, HOME: directory },
      input: input ?? "",
    });
    return { ok: true, out, error: "" };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return { ok: false, out: String(stdout), error: String(stderr) };
  }
}

const CONFIG = `
route:
  receiver: team
  group_by: [alertname]
  routes:
    - matchers: ['severity="critical"']
      receiver: on-call
      continue: true
    - match: { team: a }
      receiver: team-a
      routes:
        - match_re: { service: "db|cache" }
          receiver: storage
          mute_time_intervals: [nights]
inhibit_rules:
  - source_matchers: ['severity="critical"']
    target_matchers: ['severity="warning"']
    equal: [alertname]
time_intervals:
  - name: nights
    time_intervals: [{ times: [{ start_time: "22:00", end_time: "24:00" }] }]
receivers:
  - name: team
    webhook_configs:
      - { url: "http://127.0.0.1:9/geheim", severities: [critical] }
  - name: on-call
    pagerduty_configs: [{ routing_key: geheim }]
    ntfy_configs: [{ url: "http://127.0.0.1:9/geheim" }]
  - name: team-a
  - name: storage
`;

describe.skipIf(amtool === undefined)("amtool against us", () => {
  let product: Product;
  const ask = (...args: string[]): Said => run([`--alertmanager.url=${product.url}`, ...args]);
  /** What it prints when all is well, without blanks at the ends of lines. */
  const told = (...args: string[]): string => {
    const { ok, out, error } = ask(...args);
    expect(ok, out + error).toBe(true);
    return out.replace(/ +$/gm, "").trimEnd();
  };
  const asJson = <T>(...args: string[]): T => JSON.parse(told(...args, "-o", "json")) as T;

  beforeAll(async () => {
    const file = join(directory, "alertmanager.yml");
    writeFileSync(file, CONFIG);
    product = await startProduct({
      dataDir: join(directory, "data"),
      args: ["--alertmanager-config", file],
      env: {
        FLEETLIGHT_HOST__ENABLED: "false",
        FLEETLIGHT_MONITORING__SELF_METRICS: "false",
        FLEETLIGHT_ALERTING__BUILTIN_RULES: "false",
      },
    });
  }, 60_000);
  afterAll(() => product?.stop());

  it("alert add and alert query", () => {
    told("alert", "add", "Full", "severity=critical", "service=db", "--annotation=summary=disk");
    told("alert", "add", "alertname=Slow", "severity=warning", "--generator-url=http://x/y");
    told(
      "alert",
      "add",
      "Over",
      "severity=info",
      "--end=2020-01-01T00:00:00Z",
      "--start=2019-12-31T00:00:00Z",
    );
    expect(
      told("alert", "query")
        .split("\n")
        .map((line) => line.split(/\s+/)[0]),
    ).toEqual(["Alertname", "Full", "Slow"]);
    const found = asJson<{ labels: object; annotations: object; status: { state: string } }[]>(
      "alert",
      "query",
      "severity=~crit.*",
    );
    expect(found).toMatchObject([
      {
        labels: { alertname: "Full", severity: "critical", service: "db" },
        annotations: { summary: "disk" },
        receivers: [{ name: "on-call" }],
        status: { state: "active" },
      },
    ]);
    expect(told("alert", "query", "Slow", "-o", "extended")).toContain("http://x/y");
    expect(told("alert", "query", "service!=", "-o", "simple")).toContain("Full");
    expect(told("alert", "query", "--receiver=on-c.*").split("\n")).toHaveLength(2);
    expect(told("alert", "query", "--receiver=team-a").split("\n")).toHaveLength(1);
    expect(ask("alert", "query", "a=b", "severity=~(").ok).toBe(false);
    expect(ask("alert", "query", 'severity=crit"').error).toContain("unescaped double quote");
  });

  it("silence add, query, update and expire", () => {
    const id = told("silence", "add", "alertname=Full", "--comment=maintenance", "--duration=1h");
    expect(id).toMatch(/^[\da-f-]{36}$/);
    expect(told("silence", "query")).toContain('alertname="Full"');
    expect(told("silence", "query", "alertname=Full", "-q")).toBe(id);
    expect(told("silence", "query", "alertname=Other", "-q")).toBe("");
    expect(told("alert", "query")).not.toContain("Full");
    const silenced = asJson<{ status: { state: string; silencedBy: string[] } }[]>(
      "alert",
      "query",
      "--silenced",
      "Full",
    );
    expect(silenced).toMatchObject([{ status: { state: "suppressed", silencedBy: [id] } }]);

    told("silence", "update", "--duration=2h", "--comment=longer", id, "-q");
    // amtool prints the address of the id in memory where JSON would have it.
    const active = told("silence", "query", "-q");
    expect(active).toMatch(/^[\da-f-]{36}$/);
    const [silence] = asJson<{ comment: string; endsAt: string }[]>("silence", "query");
    expect(silence).toMatchObject({ comment: "longer" });
    const hours = (Date.parse(silence?.endsAt ?? "") - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(1.9);

    told("silence", "expire", active);
    expect(told("silence", "query", "-q")).toBe("");
    expect(told("silence", "query", "--expired", "-q").split("\n")).toContain(active);
    expect(told("alert", "query")).toContain("Full");
    expect(ask("silence", "expire", active).error).toContain("already expired");
    expect(ask("silence", "expire", "00000000-0000-0000-0000-000000000000").ok).toBe(false);
    expect(
      ask("silence", "add", "--duration=1h", "--comment=x", 'alertname=~".*"').error,
    ).toContain("must not match the empty string");
    expect(
      ask(
        "silence",
        "add",
        "a=b",
        "-c",
        "x",
        "--start=2030-01-02T00:00:00Z",
        "--end=2030-01-01T00:00:00Z",
      ).ok,
    ).toBe(false);
  });

  it("silence import", () => {
    const silences = ["one", "two"].map((name) => ({
      matchers: [{ name: "instance", value: name, isRegex: false, isEqual: true }],
      startsAt: new Date(Date.now() + 3_600_000).toISOString(),
      endsAt: new Date(Date.now() + 7_200_000).toISOString(),
      createdBy: "import",
      comment: "imported",
    }));
    const file = join(directory, "silences.json");
    writeFileSync(file, JSON.stringify(silences));
    expect(told("silence", "import", "--force", file).split("\n")).toHaveLength(2);
    const found = asJson<{ comment: string; status: { state: string } }[]>("silence", "query");
    expect(found.filter(({ comment }) => comment === "imported")).toMatchObject([
      { status: { state: "pending" } },
      { status: { state: "pending" } },
    ]);
  });

  it("shows which alerts inhibit which", () => {
    told("alert", "add", "Both", "severity=critical");
    told("alert", "add", "Both", "severity=warning");
    const [source] = asJson<{ fingerprint: string }[]>(
      "alert",
      "query",
      "Both",
      "severity=critical",
    );
    const [target] = asJson<{ status: { inhibitedBy: string[] } }[]>(
      "alert",
      "query",
      "--inhibited",
      "Both",
      "severity=warning",
    );
    expect(target?.status.inhibitedBy).toEqual([source?.fingerprint]);
    expect(told("alert", "query", "Both", "severity=warning").split("\n")).toHaveLength(1);
  });

  it("config show has no secrets", () => {
    const text = told("config", "show");
    expect(text).toContain("receiver: team");
    expect(text).not.toContain("geheim");
  });

  it("config routes and routes test", () => {
    expect(told("config", "routes", "show")).toContain(
      '{severity="critical"}  continue: true  receiver: on-call',
    );
    expect(told("config", "routes", "test", "severity=critical", "team=a", "service=db")).toBe(
      "on-call,storage",
    );
    expect(told("config", "routes", "test", "--verify.receivers=team", "a=b")).toContain("team");
    expect(ask("config", "routes", "test", "--verify.receivers=storage", "a=b").ok).toBe(false);
  });

  it("cluster show", () => {
    const shown = told("cluster", "show");
    expect(shown).toContain("ready");
    expect(shown).toContain("fleetlight");
  });
});

const minimal = (more = "") => `route: {receiver: a}\nreceivers: [{name: a}]\n${more}`;
const route = (text: string, more = "") =>
  `route:\n  receiver: a\n  ${text}\nreceivers: [{name: a}]\n${more}`;
const receiver = (text: string, more = "") =>
  `${more}route: {receiver: a}\nreceivers:\n- name: a\n  ${text}\n`;
const interval = (text: string) =>
  minimal(`time_intervals: [{name: n, time_intervals: [${text}]}]\n`);

/** Files, and whether both take them. */
const FILES: [string, boolean][] = [
  ["", false],
  [minimal(), true],
  ["route: {receiver: a}\nreceivers: []\n", false],
  ["receivers: [{name: a}]\n", false],
  ["route: {}\nreceivers: [{name: a}]\n", false],
  [minimal("unknown: 1\n"), false],
  [minimal("global: {resolve_timeout: 5m}\n"), true],
  [minimal("global: {resolve_timeout: 5}\n"), false],
  [minimal("global:\n"), true],
  [route("group_by: [a, b]"), true],
  [route("group_by: ['...']"), true],
  [route("group_by: ['...', a]"), false],
  [route("group_by: [a, a]"), false],
  [route("group_by: []"), true],
  [route("match: {a: b}"), false],
  [route("continue: true"), false],
  [route("group_wait: 0s"), true],
  [route("group_wait: 1h30m"), true],
  [route("group_wait: 1m30"), false],
  [route("group_interval: 0s"), false],
  [route("repeat_interval: 0s"), false],
  [route("routes: [{match: {a: b}, continue: yes}]"), true],
  [route("routes: [{match: {a: 1}}]"), true],
  [route("routes: [{match: {'a-b': c}}]"), false],
  [route("routes: [{match_re: {a: '('}}]"), false],
  [route("routes: [{match_re: {a: }}]"), false],
  [route("routes: [{matchers: [a=b, 'c!~\"d|e\"']}]"), true],
  [route('routes: [{matchers: [\'{a="b",c="d"}\']}]'), true],
  [route("routes: [{matchers: [a]}]"), false],
  [route("routes: [{matchers: a=b}]"), false],
  [route("routes: [{receiver: b}]"), false],
  [route("routes: [{mute_time_intervals: [n]}]"), false],
  [route("routes: [{mute_time_intervals: [n]}]", "time_intervals: [{name: n}]\n"), true],
  [route("routes: [{active_time_intervals: [n]}]", "mute_time_intervals: [{name: n}]\n"), true],
  [interval("{times: [{start_time: '09:00', end_time: '17:00'}]}"), true],
  [interval("{times: [{start_time: '9:00', end_time: '17:00'}]}"), false],
  [interval("{times: [{start_time: '17:00', end_time: '09:00'}]}"), false],
  [
    interval("{weekdays: ['monday:friday', 'Sunday'], months: ['1:3', may], years: ['2020:2030']}"),
    true,
  ],
  [interval("{weekdays: ['friday:monday']}"), false],
  [interval("{days_of_month: ['1:5', '-3:-1']}"), true],
  [interval("{days_of_month: ['-1:3']}"), false],
  [interval("{days_of_month: ['32']}"), false],
  [interval("{location: Europe/Berlin}"), true],
  [interval("{location: Nowhere/Town}"), false],
  [minimal("time_intervals: [{name: n}, {name: n}]\n"), false],
  [minimal("time_intervals: [{}]\n"), false],
  [minimal("inhibit_rules: [{source_match: {a: b}, target_match_re: {c: d}, equal: [e]}]\n"), true],
  [minimal("inhibit_rules: [{source_matchers: ['a=~\"(\"']}]\n"), false],
  ["route: {receiver: a}\nreceivers: [{name: a}, {name: a}]\n", false],
  [receiver("webhook_configs: [{url: 'http://x/', max_alerts: 3}]"), true],
  [receiver("webhook_configs: [{}]"), false],
  [receiver("webhook_configs: [{url: 'ftp://x/'}]"), false],
  [
    receiver(
      "webhook_configs: [{url: 'http://x/', http_config: {bearer_token: a, basic_auth: {username: b}}}]",
    ),
    false,
  ],
  [receiver("email_configs: [{to: a@b}]"), false],
  [
    receiver("email_configs: [{to: a@b}]", "global: {smtp_smarthost: 'm:25', smtp_from: c@d}\n"),
    true,
  ],
  [receiver("email_configs: [{from: a@b, smarthost: 'm:25'}]"), false],
  [receiver("email_configs: [{to: a@b, from: a@b, smarthost: m}]"), false],
  [receiver("slack_configs: [{}]"), false],
  [receiver("slack_configs: [{channel: '#a'}]", "global: {slack_api_url: 'http://s/'}\n"), true],
  [receiver("slack_configs: [{api_url: 'http://s/', fields: [{title: a}]}]"), false],
  [receiver("pagerduty_configs: [{routing_key: a}]"), true],
  [receiver("pagerduty_configs: [{}]"), false],
  [receiver("opsgenie_configs: [{api_key: a, responders: [{name: b, type: team}]}]"), true],
  [receiver("opsgenie_configs: [{api_key: a, responders: [{type: team}]}]"), false],
  [receiver("pushover_configs: [{user_key: a, token: b}]"), true],
  [receiver("pushover_configs: [{user_key: a}]"), false],
  [receiver("telegram_configs: [{bot_token: a, chat_id: 1}]"), true],
  [receiver("telegram_configs: [{bot_token: a}]"), false],
  [receiver("discord_configs: [{webhook_url: 'http://d/'}]"), true],
  [receiver("discord_configs: [{}]"), false],
];

describe.skipIf(amtool === undefined)("what amtool says of files", () => {
  it.each(FILES)("%j: taken is %s", (text, taken) => {
    const file = join(directory, "check.yml");
    writeFileSync(file, text);
    const theirs = run(["check-config", file]);
    let own = "";
    try {
      readAlertmanagerFile(file);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      own = error.message;
    }
    expect(
      { amtool: theirs.ok, fleetlight: own === "" },
      `${theirs.out}${theirs.error}${own}`,
    ).toEqual({ amtool: taken, fleetlight: taken });
  });
});
