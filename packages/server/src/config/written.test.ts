import { expect, it } from "vitest";

import { ConfigSchema } from "./schema.ts";
import { writtenConfig } from "./written.ts";

it("writes durations as text, so that reading it gives the same configuration", () => {
  const config = ConfigSchema.parse({
    scrape: { interval: "1m30s" },
    storage: { retention: { metrics: "100y", logs: "7d" } },
    notifications: { webhook: { url: "http://hook", timeout: 2 } },
    discovery: { file_sd: [{ files: ["/a/*.json"] }] },
    services: [{ id: "a", name: "A", url: "http://a", check: { interval_seconds: 5 } }],
    auth: { tokens: [{ name: "t", token: "secret", scopes: ["read"] }] },
    alerting: { rules: { r: { name: "R", condition: "gt", threshold: 1, for_duration: 60 } } },
  });
  expect(writtenConfig(config)).toMatchObject({
    scrape: { interval: "1m30s" },
    storage: { retention: { metrics: "100y", logs: "7d" }, flush_rows: 250_000 },
    notifications: { webhook: { timeout: "2s" } },
    discovery: { file_sd: [{ refresh_interval: "30s" }] },
    services: [{ check: { interval_seconds: 5 } }],
    alerting: { rules: { r: { for_duration: 60 } } },
  });
  expect(ConfigSchema.parse(writtenConfig(config))).toEqual(config);
});
