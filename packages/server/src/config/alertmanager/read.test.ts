import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { formatMatchers } from "#lib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { ConfigError } from "../problems.ts";
import { isAlertmanagerFile, readAlertmanagerFile } from "./read.ts";
import type { RouteConfig } from "./types.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-alertmanager-"));
  file = join(directory, "alertmanager.yml");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const read = (text: string) => {
  writeFileSync(file, text);
  return readAlertmanagerFile(file);
};

/** `line: message` of everything that is wrong. */
function faults(text: string): string[] {
  try {
    read(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ source, line, message }) =>
      source === file ? `${line}: ${message}` : `in ${source}: ${message}`,
    );
  }
  return [];
}

/** The least that a file says. */
const minimal = (more = "") => `route: {receiver: a}\nreceivers: [{name: a}]\n${more}`;
const withRoute = (route: string, more = "") =>
  `receivers: [{name: a}, {name: b}]\n${more}route:\n  receiver: a\n  ${route}\n`;
const withReceiver = (receiver: string, more = "") =>
  `${more}route: {receiver: a}\nreceivers:\n- name: a\n  ${receiver.replaceAll("\n", "\n  ")}\n`;

describe("routes", () => {
  it("have upstream's defaults, and what they do not say from above", () => {
    const { route } = read(
      withRoute(
        "group_by: [b, a]\n  group_wait: 5s\n  routes:\n  - receiver: b\n    group_interval: 1m\n    routes: [{matchers: [x=y], repeat_interval: 1d}]\n  - group_by: ['...']",
      ),
    );
    const short = ({ id, receiver, groupBy, groupByAll, ...rest }: RouteConfig) => [
      id,
      receiver,
      groupByAll ? "..." : groupBy.join(),
      rest.groupWaitMs,
      rest.groupIntervalMs,
      rest.repeatIntervalMs,
    ];
    expect([route, ...route.routes, ...(route.routes[0]?.routes ?? [])].map(short)).toEqual([
      ["0", "a", "a,b", 5000, 300_000, 14_400_000],
      ["0/0", "b", "a,b", 5000, 60_000, 14_400_000],
      ["0/1", "a", "...", 5000, 300_000, 14_400_000],
      ["0/0/0", "b", "a,b", 5000, 60_000, 86_400_000],
    ]);
    expect(read(minimal()).route).toMatchObject({ groupWaitMs: 30_000, groupBy: [] });
  });

  it("take matchers in every notation, sorted", () => {
    const { route } = read(
      withRoute(
        `routes:\n  - match: {z: 1, empty: }\n    match_re: {y: "a|b"}\n    matchers: ['{x!="1"}', 'w=~"c.*",v="2"']`,
      ),
    );
    expect(formatMatchers(route.routes[0]?.matchers ?? [])).toBe(
      '{empty="",v="2",w=~"c.*",x!="1",y=~"a|b",z="1"}',
    );
  });

  it.each<[string, string[]]>([
    ["match: {a: b}", ["3: root route must not have any matchers"]],
    ["matchers: [a=b]", ["3: root route must not have any matchers"]],
    ["continue: true", ["4: cannot have continue in root route"]],
    ["mute_time_intervals: [x]", ["root route must not have any mute time intervals", "x"]],
    ["group_by: [a, a]", ['4: duplicated label "a" in group_by']],
    [
      "group_by: [a, '...']",
      ["4: cannot have wildcard group_by (`...`) and other labels at the same time"],
    ],
    ["group_interval: 0s", ["4: group_interval cannot be zero"]],
    ["repeat_interval: 0", ["4: repeat_interval cannot be zero"]],
    ["group_wait: 30", ['4: not a valid duration string: "30"']],
    ["group_wait: soon", ['4: not a valid duration string: "soon"']],
    ["routes: [{receiver: c}]", ['4: undefined receiver "c" used in route']],
    ["routes: [{match: {'a-b': c}}]", ['4: invalid label name "a-b"']],
    ["routes: [{matchers: ['a']}]", ["4: bad matcher format: a"]],
    ["routes: [{match_re: {a: }}]", ["4: expected a text"]],
    ["routes: [{active_time_intervals: [x]}]", ['4: undefined time interval "x" used in route']],
    ["recever: b", ['4: unknown key "recever"; did you mean "receiver"?']],
  ])("%s is refused with its line", (route, expected) => {
    const found = faults(withRoute(route));
    for (const [index, part] of expected.entries()) expect(found[index]).toContain(part);
    expect(found).toHaveLength(expected.length);
  });

  it("tells everything that is wrong at once, in the order of the text", () => {
    const text = withRoute(
      "group_wait: 1s\n  routes:\n  - receiver: c\n  - matchers: ['x']\n  - group_interval: 0s",
    );
    expect(faults(text)).toEqual([
      '6: undefined receiver "c" used in route',
      "7: bad matcher format: x",
      "8: group_interval cannot be zero",
    ]);
  });
});

describe("a file as a whole", () => {
  it.each<[string, string]>([
    ["", "1: no route provided in config"],
    ["# nothing\n", "no route provided in config"],
    ["receivers: []\n", "1: no route provided in config"],
    ["route: {}\nreceivers: []\n", "root route must specify a default receiver"],
    ["route: [\n", "2: "],
    ["route: {receiver: a}\nreceivers: [{name: a}, {name: a}]\n", 'name "a" is not unique'],
    ["route: {receiver: a}\nreceivers: [{name: a}, {}]\n", "missing name in receiver"],
    [minimal("inhibit_rules: [{source_match: {'1': b}}]\n"), 'invalid label name "1"'],
    [minimal("inhibit_rules: [{source_match_re: {a: '('}}]\n"), "bad regular expression"],
    [minimal("global: {resolve_timeout: never}\n"), "not a valid duration string"],
    [minimal("global: {smtp_hallo: x}\n"), 'unknown key "smtp_hallo"'],
    [minimal("globals: {}\n"), 'unknown key "globals"'],
  ])("%j is refused", (text, expected) => {
    expect(faults(text)[0]).toContain(expected);
  });

  it("that cannot be read is refused by its name", () => {
    expect(() => readAlertmanagerFile(join(directory, "missing.yml"))).toThrow(
      /missing\.yml.*read/,
    );
  });

  it("is told from a configuration of Fleetlight by its keys", () => {
    writeFileSync(file, minimal());
    expect(isAlertmanagerFile(file)).toBe(true);
    for (const text of ["", "{}", "server: {port: 1}", "[]"]) {
      writeFileSync(file, text);
      expect(isAlertmanagerFile(file)).toBe(false);
    }
  });
});

describe("inhibition", () => {
  it("joins the notations of both sides", () => {
    const [rule] = read(
      minimal(
        "inhibit_rules:\n- source_match: {a: 1}\n  source_matchers: [b=2]\n  target_match_re: {c: x|y}\n  equal: [z, a, z]\n",
      ),
    ).inhibitRules;
    expect(formatMatchers(rule?.sourceMatchers ?? [])).toBe('{a="1",b="2"}');
    expect(formatMatchers(rule?.targetMatchers ?? [])).toBe('{c=~"x|y"}');
    expect(rule?.equal).toEqual(["a", "z"]);
  });
});

describe("time intervals", () => {
  const named = (interval: string) =>
    minimal(`time_intervals:\n- name: n\n  time_intervals:\n  - ${interval}\n`);
  const first = (interval: string) => read(named(interval)).timeIntervals.get("n")?.[0];

  it("are read in upstream's words", () => {
    expect(
      first(
        "{times: [{start_time: '09:00', end_time: '24:00'}], weekdays: ['Monday:friday', sunday], days_of_month: ['1:5', '-3:-1', 7], months: ['january:march', '12', May], years: ['2020:2022', 2030], location: Europe/Berlin}",
      ),
    ).toEqual({
      times: [{ startMinute: 540, endMinute: 1440 }],
      weekdays: [
        { begin: 1, end: 5 },
        { begin: 0, end: 0 },
      ],
      daysOfMonth: [
        { begin: 1, end: 5 },
        { begin: -3, end: -1 },
        { begin: 7, end: 7 },
      ],
      months: [
        { begin: 1, end: 3 },
        { begin: 12, end: 12 },
        { begin: 5, end: 5 },
      ],
      years: [
        { begin: 2020, end: 2022 },
        { begin: 2030, end: 2030 },
      ],
      location: "Europe/Berlin",
    });
  });

  it("with a list of nothing hold never", () => {
    expect(read(named("{weekdays: []}")).timeIntervals.get("n")).toEqual([]);
  });

  it("are also found under their former name", () => {
    const { timeIntervals } = read(
      withRoute(
        "routes: [{mute_time_intervals: [old], active_time_intervals: [new]}]",
        "mute_time_intervals: [{name: old, time_intervals: [{years: ['2020']}]}]\ntime_intervals: [{name: new}]\n",
      ),
    );
    expect([...timeIntervals.keys()]).toEqual(["old", "new"]);
  });

  it.each([
    ["{times: [{start_time: '9:00', end_time: '10:00'}]}", "couldn't parse timestamp 9:00"],
    ["{times: [{start_time: '10:00', end_time: '10:00'}]}", "start time cannot be equal"],
    ["{times: [{start_time: '10:00'}]}", "both start and end times must be provided"],
    ["{weekdays: [someday]}", "someday is not a valid weekday"],
    ["{weekdays: ['friday:monday']}", "start day cannot be before end day"],
    ["{days_of_month: ['0']}", "0 is not a valid day of the month: out of range"],
    ["{days_of_month: ['-1:5']}", "end day must be negative if start day is negative"],
    ["{days_of_month: ['5:1']}", "end day 1 is always before start day 5"],
    ["{days_of_month: ['1:2:3']}", "couldn't parse range 1:2:3, invalid format"],
    ["{months: [smarch]}", "smarch is not a valid month"],
    ["{months: ['may:april']}", "end month april is before start month may"],
    ["{years: ['2022:2020']}", "end year 2020 is before start year 2022"],
    ["{location: Moon/Tycho}", "unknown time zone Moon/Tycho"],
  ])("%s is refused", (interval, message) => {
    const [found = ""] = faults(named(interval));
    expect(found).toMatch(/^6: /);
    expect(found).toContain(message);
  });

  it("have names of their own", () => {
    expect(faults(minimal("time_intervals: [{name: n}, {name: n}, {}]\n"))).toEqual([
      '3: time interval "n" is not unique',
      "3: missing name in time interval",
    ]);
  });
});

describe("receivers", () => {
  it("list their integrations in upstream's order", () => {
    const { receivers } = read(
      withReceiver(
        "slack_configs: [{api_url: http://s/x}]\nemail_configs: [{to: b@c, from: a@c, smarthost: 'h:25'}]\nwebhook_configs: [{url: http://w/1}, {url: http://w/2}]",
      ),
    );
    expect(receivers[0]?.integrations.map(({ kind, index }) => `${kind}[${index}]`)).toEqual([
      "webhook[0]",
      "webhook[1]",
      "email[0]",
      "slack[0]",
    ]);
  });

  it("take what they do not say from global", () => {
    const { receivers, resolveTimeoutMs } = read(
      withReceiver(
        "email_configs: [{to: x@y}, {to: z@y, smarthost: 'own:25', auth_password_file: p, require_tls: yes}]\nslack_configs: [{}, {api_url_file: s}]\npagerduty_configs: [{routing_key: 12345}]",
        "global:\n  resolve_timeout: 1m\n  smtp_smarthost: mail:587\n  smtp_from: f@y\n  smtp_auth_password: hunter2\n  smtp_require_tls: no\n  slack_api_url: http://slack/x\n  pagerduty_url: http://pd/\n  http_config: {follow_redirects: false, enable_http2: false}\n",
      ),
    );
    expect(resolveTimeoutMs).toBe(60_000);
    const configs = receivers[0]?.integrations.map(({ config }) => config) ?? [];
    expect(configs[0]).toMatchObject({
      smarthost: "mail:587",
      from: "f@y",
      auth_password: "hunter2",
      require_tls: false,
    });
    expect(configs[1]).toMatchObject({
      smarthost: "own:25",
      auth_password_file: join(directory, "p"),
      require_tls: true,
    });
    expect(configs[1]).not.toHaveProperty("auth_password");
    expect(configs[2]).toMatchObject({ routing_key: "12345", url: "http://pd/" });
    expect(configs[3]).toMatchObject({
      api_url: "http://slack/x",
      http_config: { follow_redirects: false },
    });
    expect(configs[4]).toMatchObject({ api_url_file: join(directory, "s") });
    expect(configs[4]).not.toHaveProperty("api_url");
  });

  it.each<[string, string]>([
    ["email_configs: [{to: a@b, from: a@b}]", "4: no global SMTP smarthost set"],
    ["email_configs: [{to: a@b, smarthost: 'h:1'}]", "no global SMTP from set"],
    ["slack_configs: [{channel: x}]", "no global Slack API URL set either inline or in a file"],
    ["opsgenie_configs: [{}]", "no global OpsGenie API Key set either inline or in a file"],
    ["webhook_configs: [{url: 'ftp://x'}]", "starts with http"],
    ["webhook_configs: [{url: 'http://x', severity: y}]", 'unknown key "severity"'],
    ["webhook_configs: [{url: 'http://x', fallback_receiver: b}]", 'undefined receiver "b"'],
    ["webhook_configs: [{url: 'http://x', http_config: {oauth2: {}}}]", 'unknown key "oauth2"'],
    ["sns_configs: [{topic_arn: x}]", "Fleetlight does not send to Amazon SNS"],
    ["victorops_configs: []", "Fleetlight does not send to Splunk On-Call"],
    ["pigeon_configs: []", 'unknown key "pigeon_configs"'],
  ])("%s is refused: %s", (receiver, message) => {
    expect(faults(withReceiver(receiver)).join("\n")).toContain(message);
  });

  it("refuse a secret that is given twice", () => {
    const global = "global: {slack_api_url: http://s, slack_api_url_file: f}\n";
    expect(faults(`${global}${minimal()}`)).toEqual([
      "1: at most one of slack_api_url & slack_api_url_file must be configured",
    ]);
  });
});

describe("templates", () => {
  it("are the files that the patterns stand for, each once", () => {
    mkdirSync(join(directory, "t"));
    writeFileSync(join(directory, "t", "b.tmpl"), "B");
    writeFileSync(join(directory, "t", "a.tmpl"), "A");
    const { templates, digest } = read(minimal("templates: ['t/*.tmpl', t/a.tmpl, 'none/*']\n"));
    expect(templates).toEqual([
      { path: join(directory, "t", "a.tmpl"), text: "A" },
      { path: join(directory, "t", "b.tmpl"), text: "B" },
    ]);
    writeFileSync(join(directory, "t", "a.tmpl"), "A2");
    expect(readAlertmanagerFile(file).digest).not.toBe(digest);
  });
});

describe("what is shown", () => {
  const SECRETS = `global:
  smtp_auth_password: geheim
  slack_api_url: https://hooks.slack.com/geheim
  opsgenie_api_key: geheim
  http_config: {basic_auth: {username: u, password: geheim}, proxy_url: 'http://u:geheim@p:1/'}
route: {receiver: a}
receivers:
- name: a
  webhook_configs:
  - {url: 'http://u:geheim@w:80/geheim?geheim', headers: {X-Key: geheim}, severities: [critical], signing_secret: geheim}
  - {url: 'http://plain:8080', http_config: {bearer_token: geheim}}
  pagerduty_configs: [{routing_key: geheim}, {service_key: 4711}]
  slack_configs: [{channel: '#a', bot_token: geheim}]
  ntfy_configs: [{url: "http://n/x", token: geheim}]
`;

  it("never has a secret, and is a file that Alertmanager reads", () => {
    const { original } = read(SECRETS);
    expect(original).not.toContain("geheim");
    expect(original).not.toContain("4711");
    expect(original).toMatch(/^# .*ntfy_configs.*webhook_configs\.severities/);
    expect(parse(original)).toMatchObject({
      global: { smtp_auth_password: "<secret>", slack_api_url: "<secret>" },
      receivers: [
        {
          name: "a",
          webhook_configs: [
            { url: "http://w/<secret>" },
            { url: "http://plain:8080", http_config: { bearer_token: "<secret>" } },
          ],
          pagerduty_configs: [{ routing_key: "<secret>" }, { service_key: "<secret>" }],
          slack_configs: [{ channel: "#a" }],
        },
      ],
    });
  });
});
