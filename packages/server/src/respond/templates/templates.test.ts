import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { ConfigError } from "#config";

import type { Notification, NotifiedAlert } from "../types.ts";
import { checkTemplates, createTemplates } from "./index.ts";

const cases = JSON.parse(readFileSync(new URL("upstream-cases.json", import.meta.url), "utf8")) as {
  notification: Notification;
  text: [string, string | null][];
  html: [string, string | null][];
};
const { notification } = cases;
const NOW_MS = Date.parse("2024-02-29T05:00:00Z");
const templates = createTemplates([], { now: () => NOW_MS });
const text = (template: string, about: Notification = notification) =>
  templates.text(template, about);

const orNull = (expand: () => string): string | null => {
  try {
    return expand();
  } catch {
    return null;
  }
};

describe("templates of notifications", () => {
  it.each(cases.text)("%s gives what Alertmanager's gives", (template, expected) => {
    expect(orNull(() => text(template))).toEqual(expected);
  });

  it.each(cases.html)("%s as HTML gives what Alertmanager's gives", (template, expected) => {
    expect(orNull(() => templates.html(template, notification))).toEqual(expected);
  });

  it.each([
    ["{{ trimSpace `  a ` }}", "a"],
    ["{{ date `15:04` (index .Alerts 0).StartsAt }}", "03:04"],
    [
      "{{ (index .Alerts 0).StartsAt | tz `Europe/Berlin` | date `15:04 MST -07:00` }}",
      "04:04 CET +01:00",
    ],
    ["{{ (index .Alerts 0).StartsAt | tz `Asia/Kolkata` | date `15:04 MST` }}", "08:34 IST"],
    ["{{ since (index .Alerts 0).StartsAt }}", "1h55m54.3211s"],
    ["{{ since (index .Alerts 0).StartsAt | humanizeDuration }}", "1h 55m 54s"],
    ["{{ humanizeDuration 90 }}", "1m 30s"],
    ["{{ urlUnescape `a%20b+c` }}", "a b c"],
    ["{{ toJson .CommonLabels }}", String.raw`{"alertname":"A","b":"\u003cx\u003e"}`],
    ["{{ toJson (index .Alerts 1).EndsAt }}", '"2024-02-29T04:04:07.6789Z"'],
    ["{{ toJson (list 1 2.5 `a` true nil) }}", '[1,2.5,"a",true,null]'],
    ["{{ (dict `a` 1 `b` (list 2)).b }}", "[2]"],
    ["{{ append (list 1) 2 3 | len }}", "3"],
    ["{{ .CommonLabels }}", "alertname=A, b=<x>"],
    ["{{ .GroupLabels.SortedPairs }}", "alertname=A"],
    ["{{ safeUrl `javascript:x` }}", "javascript:x"],
  ])("%s", (template, expected) => {
    expect(text(template)).toBe(expected);
  });

  it("gives the whole of an alert as JSON under the names of webhooks", () => {
    const [alert] = JSON.parse(text("{{ toJson .Alerts }}")) as Record<string, unknown>[];
    expect(alert).toEqual(notification.alerts[0]);
  });

  it.each([
    ["{{ tz `Nowhere/City` (index .Alerts 0).StartsAt }}", "unknown time zone Nowhere/City"],
    ["{{ dict `a` }}", "invalid dict call"],
    ["{{ dict 1 2 }}", "dict keys must be strings"],
    ["{{ urlUnescape `%zz` }}", "invalid URL escape"],
    ["{{ match `(` `a` }}", "error calling match"],
  ])("%s is refused", (template, reason) => {
    expect(() => text(template)).toThrow(reason);
    expect(() => text(template)).toThrow(
      expect.objectContaining({ code: "template_failed" }) as Error,
    );
  });

  it("says where a template is wrong", () => {
    expect(() => text("a\n  {{ .Nope }}")).toThrow(
      'template: :2:5: executing "" at <.Nope>: can\'t evaluate field Nope in type *template.Data',
    );
    expect(() => templates.check("{{ if }}")).toThrow("template: :1: missing value for if");
    expect(() => templates.check("{{ toUpper .Status }}")).not.toThrow();
  });

  it("quotes the receiver's name, since links search by it", () => {
    expect(text("{{ .Receiver }}", { ...notification, receiver: "a.b" })).toBe(String.raw`a\.b`);
  });

  it("escapes what is inserted, and only that", () => {
    const marked = templates.escaped(
      "*{{ .Status }}*{{ `x*` }}",
      notification,
      (value) => `<${value}>`,
    );
    expect(marked).toBe("*<firing>*<x*>");
  });

  it("leaves out what is longer than wanted", () => {
    const long = "{{ range .Alerts }}0123456789{{ .Status }}{{ end }}";
    expect(templates.text(long, notification, 12).length).toBeLessThan(30);
    expect(templates.text(long, notification)).toHaveLength(34);
  });
});

describe("template files", () => {
  it("replace the definitions that there are", () => {
    const own = createTemplates([
      { path: "/etc/a.tmpl", text: `{{ define "__subject" }}mine: {{ .Status }}{{ end }}` },
      {
        path: "/etc/b.tmpl",
        text: `{{ define "extra" }}{{ template "slack.default.title" . }}!{{ end }}`,
      },
    ]);
    expect(own.text('{{ template "extra" . }}', notification)).toBe("mine: firing!");
    expect(own.text('{{ template "email.default.subject" . }}', notification)).toBe("mine: firing");
  });

  it("can be used by the name of the file", () => {
    const own = createTemplates([{ path: "/etc/whole.tmpl", text: "all of {{ .Receiver }}" }]);
    expect(own.text('{{ template "whole.tmpl" . }}', notification)).toBe("all of ops");
  });

  it("are refused with file, line and column when they are wrong", () => {
    const files = [
      { path: "/etc/good.tmpl", text: `{{ define "a" }}{{ end }}` },
      { path: "/etc/bad.tmpl", text: `{{ define "a" }}\n  {{ nope . }}{{ end }}` },
      { path: "/etc/worse.tmpl", text: "{{ end }}" },
    ];
    let problems: ConfigError["problems"] = [];
    try {
      checkTemplates(files);
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems).toEqual([
      {
        path: "",
        message: 'function "nope" not defined',
        source: "/etc/bad.tmpl",
        line: 2,
        column: 6,
      },
      expect.objectContaining({
        source: "/etc/worse.tmpl",
        message: "unexpected {{end}}",
        line: 1,
      }),
    ]);
    expect(() => createTemplates(files)).toThrow(ConfigError);
  });
});

const alert = (over: Partial<NotifiedAlert>): NotifiedAlert => ({
  ...(notification.alerts[0] as NotifiedAlert),
  ...over,
});

describe("the e-mail", () => {
  const html = (about: Partial<Notification>) =>
    templates.html('{{ template "email.default.html" . }}', { ...notification, ...about });

  it("loads nothing from elsewhere and runs nothing", () => {
    const page = html({});
    expect(page).not.toMatch(/<img|<link|<script|url\(|@import|src=/i);
    expect(page).toContain("<!DOCTYPE html>");
  });

  it("tells what fires and what is over", () => {
    const page = html({});
    expect(page).toContain("Firing (1)");
    expect(page).toContain("Firing since 29 Feb 2024 03:04:05 UTC");
    expect(page).toContain("Resolved 29 Feb 2024 04:04:07 UTC, after 1h 0m 2s");
  });

  it("cannot be written to by labels and annotations", () => {
    const evil = `"><script>alert(1)</script><a href='x' onclick='y'>`;
    const page = html({
      alerts: [
        alert({
          labels: { alertname: evil, severity: evil },
          annotations: {
            summary: evil,
            description: evil,
            runbook_url: "javascript:alert(1)",
            [evil]: evil,
          },
          generatorURL: `https://x/"><script>`,
        }),
      ],
      groupLabels: { [evil]: evil },
      externalUrl: `https://x/"><script>`,
    });
    expect(page).not.toContain("<script");
    expect(page).not.toMatch(/javascript:/i);
    // Every tag is one of ours: what was inserted opened none.
    const tags = new Set([...page.matchAll(/<([a-z]+)/gi)].map(([, tag = ""]) => tag));
    expect([...tags].toSorted().join(" ")).toBe("a body div head html meta span table td title tr");
    expect(page).not.toMatch(/<[^>]* on[a-z]+=/i);
  });

  it("says how many there are when it does not show all", () => {
    const alerts = Array.from({ length: 120 }, (_, index) =>
      alert({ labels: { alertname: "A", i: String(index) } }),
    );
    const page = html({ alerts });
    expect(page).toContain("The first 50 of 120 are shown.");
    expect(page.match(/i=\d+</g)).toHaveLength(50);
  });

  it("has a text for readers without HTML", () => {
    const plain = text('{{ template "email.default.text" . }}');
    expect(plain).toContain("It's 5 > 3\nFiring since 29 Feb 2024 03:04:05 UTC\n - alertname = A");
    expect(plain).not.toContain("&gt;");
  });
});
