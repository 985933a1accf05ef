import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createConfigManager, type ConfigManager, type ReloadResult } from "../manager.ts";

let directory: string;
let manager: ConfigManager | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-alertmanager-"));
});
afterEach(async () => {
  await manager?.stop();
  manager = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const create = (text: string, env: Record<string, string> = {}): ConfigManager => {
  const file = write("fleet.yml", text);
  manager = createConfigManager({ file, env, debounceMs: 20, pollMs: 3_600_000 });
  return manager;
};
const routes = (receiver: string, more = ""): string =>
  `route: {receiver: ${receiver}}\nreceivers: [{name: ${receiver}}]\n${more}`;

/** The next reload that is as wanted. */
const nextReload = (of: ConfigManager, wanted: (result: ReloadResult) => boolean) =>
  new Promise<ReloadResult>((resolve) => {
    const end = of.onReload((result) => {
      if (!wanted(result)) return;
      end();
      resolve(result);
    });
  });

describe("without a file", () => {
  it("nobody is told as long as no channel is configured", () => {
    const { route, receivers, inhibitRules } = create("{}").alertmanager();
    expect(receivers).toEqual([{ name: "default", integrations: [] }]);
    expect(route).toMatchObject({
      receiver: "default",
      groupByAll: true,
      groupWaitMs: 0,
      groupIntervalMs: 1000,
      routes: [],
    });
    expect(inhibitRules).toEqual([]);
  });

  it("everybody in notifications is one receiver", () => {
    const { receivers, original } = create(`
notifications:
  webhook: {url: http://hook/geheim, headers: {X-A: b}, timeout: 3, send_resolved: false, max_attempts: 4, max_age: 1h}
  email: {smtp_server: mail, smtp_port: 25, username: u, password_file: secrets/p, from_email: a@b.c, to_emails: [d@e.f, "G H <g@h.i>"], use_tls: false, severities: [critical]}
  slack: {webhook_url: http://slack/geheim, channel: '#x', username: y}
  pagerduty: {integration_key: geheim, severity_mapping: {urgent: critical}}
`).alertmanager();
    expect(receivers).toHaveLength(1);
    const integrations = receivers[0]?.integrations ?? [];
    expect(integrations.map(({ kind }) => kind)).toEqual([
      "webhook",
      "email",
      "pagerduty",
      "slack",
    ]);
    expect(integrations.map(({ config }) => config)).toMatchObject([
      {
        url: "http://hook/geheim",
        headers: { "X-A": "b" },
        timeout: 3000,
        send_resolved: false,
        max_attempts: 4,
        max_age: 3_600_000,
      },
      {
        smarthost: "mail:25",
        from: "a@b.c",
        to: "d@e.f, G H <g@h.i>",
        auth_username: "u",
        auth_password_file: join(directory, "secrets/p"),
        require_tls: false,
        severities: ["critical"],
        send_resolved: true,
      },
      { routing_key: "geheim", severity_mapping: { urgent: "critical" } },
      { api_url: "http://slack/geheim", channel: "#x", username: "y" },
    ]);
    expect(original).not.toContain("geheim");
  });

  it("the webhook may come from the environment alone", () => {
    const { receivers } = create("{}", { ALERT_WEBHOOK_URL: "http://hook/" }).alertmanager();
    expect(receivers[0]?.integrations).toMatchObject([
      { kind: "webhook", config: { url: "http://hook/" } },
    ]);
  });

  it.each([
    ["email: {smtp_server: m, from_email: a@b, to_emails: []}", "to_emails"],
    ["email: {smtp_server: m, from_email: '{{ a@b }}', to_emails: [a@b]}", "not an e-mail address"],
    ["email: {smtp_server: m/x, from_email: a@b, to_emails: [a@b]}", "not a host name"],
    ["slack: {channel: x}", "one of webhook_url and webhook_url_file is needed"],
    ["slack: {webhook_url: http://s, channel: '{{ x }}'}", "no template here"],
    ["pagerduty: {integration_key: a, integration_key_file: b}", "only one of"],
    ["pagerduty: {integration_key: a, severity_mapping: {x: fatal}}", "severity_mapping"],
  ])("%s is refused", (text, message) => {
    expect(() => create(`notifications: {${text}}`)).toThrow(message);
  });
});

describe("with a file", () => {
  it("its place is relative to the configuration, and it wins over notifications", () => {
    write("am.yml", routes("ops"));
    const config = create(
      "alerting: {alertmanager_config: am.yml}\nnotifications: {webhook: {url: http://x}}\n",
    );
    expect(config.alertmanager().path).toBe(join(directory, "am.yml"));
    expect(config.alertmanager().route.receiver).toBe("ops");
    expect(config.source().warnings).toEqual([
      expect.stringContaining("notifications is not used"),
    ]);
  });

  it("a server does not start with a wrong one", () => {
    write("am.yml", "route: {receiver: ops}\nreceivers: []\n");
    expect(() => create("alerting: {alertmanager_config: am.yml}\n")).toThrow(
      /am\.yml:1:\d+: route\.receiver: undefined receiver "ops" used in route/,
    );
    expect(() => create("alerting: {alertmanager_config: missing.yml}\n")).toThrow(
      /cannot be read/,
    );
  });

  it("is put in force when it changes, and a wrong one leaves the one before", async () => {
    write("am.yml", routes("ops"));
    const config = create("alerting: {alertmanager_config: am.yml}\n");
    await config.start();
    const changes: string[] = [];
    config.onChange(() => changes.push(config.alertmanager().route.receiver));

    const changed = nextReload(config, ({ ok }) => ok);
    write("am.yml", routes("night"));
    expect(await changed).toMatchObject({ changed: ["alerting.alertmanager_config"] });
    expect(changes).toEqual(["night"]);

    const refused = nextReload(config, ({ ok }) => !ok);
    write("am.yml", "route: {receiver: nobody}\nreceivers: []\n");
    await refused;
    expect(config.alertmanager().route.receiver).toBe("night");
    expect(config.status().error).toContain('undefined receiver "nobody"');

    const mended = nextReload(config, ({ ok }) => ok);
    write("am.yml", routes("night"));
    expect(await mended).toMatchObject({ changed: [] });
    expect(config.status().error).toBeNull();
  });

  it("is read again when a template changes, also one that a reload has brought", async () => {
    write("a.tmpl", "1");
    write("b.tmpl", "1");
    write("am.yml", routes("ops", "templates: [a.tmpl]\n"));
    const config = create("alerting: {alertmanager_config: am.yml}\n");
    await config.start();
    const texts = () => config.alertmanager().templates.map(({ text }) => text);
    const after = async (change: () => void) => {
      const reloaded = nextReload(config, ({ ok }) => ok);
      change();
      await reloaded;
      return texts();
    };
    expect(await after(() => write("a.tmpl", "2"))).toEqual(["2"]);
    expect(await after(() => write("am.yml", routes("ops", "templates: ['*.tmpl']\n")))).toEqual([
      "2",
      "1",
    ]);
    // A watch that has just begun looks by itself; until then there is nothing to see.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await after(() => write("b.tmpl", "3"))).toEqual(["2", "3"]);
  });

  it("may be named on the command line and in the environment, from where one is", () => {
    const path = write("am.yml", routes("ops"));
    const env = { FLEETLIGHT_ALERTING__ALERTMANAGER_CONFIG: path };
    expect(create("{}", env).alertmanager().path).toBe(path);
  });
});
