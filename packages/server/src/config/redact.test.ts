import { expect, it } from "vitest";

import { redactConfig } from "./redact.ts";
import { ConfigSchema } from "./schema.ts";

it("prints nothing that lets somebody in, and leaves the configuration itself alone", () => {
  const config = ConfigSchema.parse({
    notifications: {
      webhook: {
        url: "https://hooks.example.org/T0/hunter2",
        headers: { Authorization: "hunter2" },
      },
    },
    forwarding: {
      otlp: [
        {
          url: "http://u:hunter2@otel/?key=hunter2",
          headers: { "x-api-key": "hunter2" },
          bearer_token: "hunter2",
        },
      ],
      jaeger_endpoint: "http://u:hunter2@jaeger",
      prometheus_gateway: "u:hunter2@gateway",
    },
    alerting: { watchdog: { heartbeat_url: "https://hc.example.org/ping/hunter2" } },
    auth: { tokens: [{ name: "a", token: "hunter2hunter2hunter2", scopes: ["read"] }] },
    storage: {
      telemetry_url: "http://u:hunter2@ch:8123/db?password=hunter2",
      state_url: "postgres://u:hunter2@pg/db",
    },
    services: [{ id: "s", name: "S", url: "http://u:hunter2@s/?token=hunter2" }],
  });
  const hash = config.auth.tokens[0]?.token_sha256 ?? "";
  const text = JSON.stringify(redactConfig(config));
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain(hash);
  expect(text).toContain("ch:8123/db");
  expect(text).toContain("https://hooks.example.org/");
  expect(config.auth.tokens[0]?.token_sha256).toBe(hash);
  expect(config.notifications.webhook?.url).toContain("hunter2");
});
