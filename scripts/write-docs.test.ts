import { readFileSync } from "node:fs";

import { loadConfig } from "@fleetlight/server/config";
import { describe, expect, it } from "vitest";

import { PAGE, configurationPage } from "./write-docs.ts";

describe("docs/configuration.md", () => {
  it("is up to date (else: npm run docs)", () => {
    expect(readFileSync(PAGE, "utf8")).toBe(configurationPage());
  });

  const rows = configurationPage()
    .split("\n")
    .filter((line) => /^\| `\w/.test(line))
    .map((line) => line.slice(2, -2).split(/(?<!\\) \| /));
  const settings = rows.filter((row) => row.length === 5);

  it("has type, default and meaning of every setting", () => {
    expect(settings.length).toBeGreaterThan(100);
    expect(
      settings.filter(([, type, fallback, , meaning]) => !type || !fallback || !meaning),
    ).toEqual([]);
  });

  it("names variables that the server takes, with defaults that it takes", () => {
    let tried = 0;
    for (const [, type = "", fallback = "", variable = ""] of settings) {
      if (
        variable === "" ||
        variable.includes("<ID>") ||
        ["not set", "required"].includes(fallback)
      )
        continue;
      const value = fallback.slice(1, -1);
      if (type !== "text" && value === "") continue;
      // Channels and a log file have settings that mean something only beside required ones.
      const required = {
        ALERT_WEBHOOK_URL: "http://hook",
        FLEETLIGHT_LOGGING__FILE__PATH: "x.log",
        ...(variable.includes("NOTIFICATIONS__EMAIL") && {
          FLEETLIGHT_NOTIFICATIONS__EMAIL__SMTP_SERVER: "mail",
          FLEETLIGHT_NOTIFICATIONS__EMAIL__FROM_EMAIL: "a@example.org",
          FLEETLIGHT_NOTIFICATIONS__EMAIL__TO_EMAILS: "b@example.org",
        }),
        ...(variable.includes("NOTIFICATIONS__SLACK") && {
          FLEETLIGHT_NOTIFICATIONS__SLACK__WEBHOOK_URL: "http://slack/hook",
        }),
        ...(variable.includes("NOTIFICATIONS__PAGERDUTY") && {
          FLEETLIGHT_NOTIFICATIONS__PAGERDUTY__INTEGRATION_KEY: "key",
        }),
      };
      const env = { ...required, [variable.slice(1, -1)]: value };
      expect(() => loadConfig({ env }), `${variable}=${value}`).not.toThrow();
      tried++;
    }
    expect(tried).toBeGreaterThan(50);
  });
});
