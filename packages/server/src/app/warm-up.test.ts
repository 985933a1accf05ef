import { expect, it, vi } from "vitest";

import type { Logger } from "#lib";

import { ask, makeSite } from "../serve/fixture.ts";
import { startServer } from "./server.ts";

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

it("warms the API up when there is something to ask, and counts and stores nothing of it", async () => {
  const site = makeSite({ monitoring: { self_metrics: false }, host: { enabled: false } });
  const first = listener(site.logger);
  const second = listener(site.logger);
  try {
    const before = await startServer({ ...site, logger: first.logger });
    const pushed = await fetch(`${before.url}/metrics/job/kept`, {
      method: "PUT",
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
      const names = await ask<{ data: string[] }>(`${after.url}/api/v1/label/__name__/values`);
      expect(names.body.data).toContain("kept");
      expect(names.body.data.filter((name) => name.startsWith("warm_"))).toEqual([]);
      const page = await (await fetch(`${after.url}/metrics`)).text();
      expect(page).not.toMatch(/fleetlight_query_duration_seconds_count\{kind="range"\} [1-9]/);
    } finally {
      await after.stop();
    }
  } finally {
    site.remove();
  }
}, 90_000);
