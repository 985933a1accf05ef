import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createTemplates } from "../../packages/server/src/respond/templates/index.ts";
import type { Notification } from "../../packages/server/src/respond/types.ts";

import { findPeer } from "../peer.ts";

const amtool = findPeer("templates of notifications", "amtool");
const promtool = findPeer("templates of rules", "promtool");

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-templates-"));
  writeFileSync(join(directory, "none.tmpl"), "");
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Templates with what they give, null for those that are wrong: our own tests have them as well. */
const cases = JSON.parse(
  readFileSync(
    new URL("../../packages/server/src/respond/templates/upstream-cases.json", import.meta.url),
    "utf8",
  ),
) as {
  notification: Notification & { externalURL: string };
  text: [string, string | null][];
  html: [string, string | null][];
};
const { notification } = cases;

/** What amtool makes of a template; null when it takes it for wrong. */
function rendered(
  type: "text" | "html",
  template: string,
  files = join(directory, "none.tmpl"),
): string | null {
  const input = join(directory, "data.json");
  writeFileSync(input, JSON.stringify(notification));
  const options = [`--template.glob=${files}`, `--template.data=${input}`];
  try {
    const args = ["template", "render", ...options, `--template.type=${type}`];
    return execFileSync(amtool ?? "", [...args, `--template.text=${template}`], {
      stdio: "pipe",
      timeout: 30_000,
    }).toString();
  } catch {
    return null;
  }
}

const templates = createTemplates([]);

describe.skipIf(amtool === undefined)("what amtool makes of templates", () => {
  it.each(cases.text)("%s", (template, expected) => {
    expect(rendered("text", template)).toEqual(expected);
  });

  it.each(cases.html)("%s as HTML", (template, expected) => {
    expect(rendered("html", template)).toEqual(expected);
  });
});

/** Where Debian has the definitions of Alertmanager. */
const UPSTREAM = "/usr/share/prometheus/alertmanager/default.tmpl";

describe.skipIf(amtool === undefined || !existsSync(UPSTREAM))("definitions", () => {
  const text = existsSync(UPSTREAM) ? readFileSync(UPSTREAM, "utf8") : "";
  const names = [...text.matchAll(/define "([^"]+)"/g)].map(([, name = ""]) => name);

  it.each(names)("%s says what Alertmanager's says", (name) => {
    const dot = /alert_list|instances/.test(name) ? ".Alerts" : ".";
    const template = `{{ template "${name}" ${dot} }}`;
    const theirs = rendered("text", template, UPSTREAM);
    expect(theirs).not.toBeNull();
    expect(templates.text(template, notification)).toEqual(theirs);
  });
});

const ofRules = JSON.parse(
  readFileSync(
    new URL("../../packages/server/src/decide/alerting/template-cases.json", import.meta.url),
    "utf8",
  ),
) as { cases: [string, string | null][] };

describe.skipIf(promtool === undefined)("what Prometheus makes of templates", () => {
  it("gives the annotations that are expected", () => {
    const annotations = Object.fromEntries(
      ofRules.cases.map(([text], index) => [`a${index}`, text]),
    );
    const rules = {
      groups: [{ name: "g", rules: [{ alert: "A", expr: "up == 1", annotations }] }],
    };
    const test = {
      rule_files: ["rules.yml"],
      tests: [
        {
          input_series: [
            { series: 'up{instance="web-1:90",job="web"}', values: "1" },
            { series: 'up{instance="a",job="web"}', values: "3" },
          ],
          external_labels: { zone: "eu" },
          external_url: "http://prom:9090/base",
          alert_rule_test: [{ eval_time: "0m", alertname: "A", exp_alerts: [] }],
        },
      ],
    };
    writeFileSync(join(directory, "rules.yml"), JSON.stringify(rules));
    writeFileSync(join(directory, "test.yml"), JSON.stringify(test));
    const asked = spawnSync(promtool ?? "", ["test", "rules", join(directory, "test.yml")]);
    const theirs: Record<string, string | null> = {};
    for (const [, name = "", value = ""] of String(asked.stderr).matchAll(
      /(a\d+)=("(?:[^"\\]|\\.)*")/g,
    )) {
      const text = JSON.parse(value.replace(/\\x([0-9a-f]{2})/g, String.raw`\u00$1`)) as string;
      theirs[name] = text.startsWith("<error expanding template") ? null : text;
    }
    const given = ofRules.cases.map(([text], index) => [text, theirs[`a${index}`]]);
    expect(given).toEqual(ofRules.cases);
  });
});
