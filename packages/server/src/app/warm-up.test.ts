import { expect, it, vi } from "vitest";

import type { Logger } from "#lib";

import { ask, makeSite } from "../serve/fixture.ts";
import { startServer } from "./server.ts";

const auth = {
  tokens: [
    { name: "ops", token: "a-token-that-only-operators-know-0001", scopes: ["admin" as const] },
  ],
};
const authorization = `Bearer ${auth.tokens[0]?.token}`;

/** A logger that keeps what it is told, for as long as the test runs. */
function listener(silent: Logger) {
  const heard: string[] = [];
  const hear = (...words: unknown[]) => void heard.push(String(words.at(-1)));
  const logger = Object.create(silent, {
    debug: { value: hear, writable: true },
    warn: { value: hear, writable: true },
  }) as Logger;
  return { logger, heard };
}

it("warms the API up when there is something to ask, past tokens and limits, and counts nothing of it", async () => {
  const site = makeSite({
    auth,
    server: { rate_limit: { requests_per_minute: 12 } },
    monitoring: { self_metrics: false },
    host: { enabled: false },
  });
  const first = listener(site.logger);
  const second = listener(site.logger);
  try {
    const before = await startServer({ ...site, logger: first.logger });
    const pushed = await fetch(`${before.url}/metrics/job/kept`, {
      method: "PUT",
      headers: { authorization },
      body: "kept 1\n",
    });
    expect(pushed.ok).toBe(true);
    await before.stop();
    expect(first.heard).not.toContain("the API is warm");

    const after = await startServer({ ...site, logger: second.logger });
    try {
      await vi.waitFor(() => expect(second.heard).toContain("the API is warm"), {
        timeout: 15_000,
      });
      expect(second.heard).not.toContain("the API was not warmed up");
      const page = await ask(`${after.url}/metrics`, { headers: { authorization } });
      expect(page.headers.get("x-ratelimit-remaining")).toBe("11");
      expect((await ask(`${after.url}/api/v1/labels`)).status).toBe(401);
      expect(page.text).not.toMatch(/fleetlight_query_duration_seconds_count\{kind="\w+"\} [1-9]/);
      expect(page.text).not.toMatch(/fleetlight_http_requests_rate_limited_total [1-9]/);
    } finally {
      await after.stop();
    }
  } finally {
    site.remove();
  }
}, 90_000);
