import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ReceiverList } from "@fleetlight/contract";
import { afterAll, expect, it } from "vitest";

import { startServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const NUMBERS = ["+491510000001", "+491510000002", "+491510000003"];
const BROKEN = NUMBERS[1] ?? "";

const told: string[] = [];
let isBroken = true;
const peer = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const to = new URLSearchParams(body).get("To") ?? "";
    told.push(to);
    const fails = isBroken && to === BROKEN;
    response.writeHead(fails ? 503 : 201).end(fails ? "" : `{"sid":"SM${told.length}"}`);
  });
});
const directory = mkdtempSync(join(tmpdir(), "fleetlight-partly-"));

afterAll(() => {
  peer.closeAllConnections();
  peer.close();
  rmSync(directory, { recursive: true });
});

it("a number that was told is not told again because of another, also after a restart", async () => {
  await new Promise<void>((resolve) => peer.listen(0, "127.0.0.1", resolve));
  const file = join(directory, "alertmanager.yml");
  writeFileSync(
    file,
    `
route: { receiver: sms, group_wait: 0s }
receivers:
  - name: sms
    twilio_configs:
      - api_url: http://127.0.0.1:${(peer.address() as AddressInfo).port}
        account_sid: AC0123456789abcdef0123456789abcdef
        auth_token: token
        from: "+15005550006"
        to: ${JSON.stringify(NUMBERS)}
`,
  );
  const site = makeSite({ alerting: { alertmanager_config: file } });
  const first = await startServer(site);
  await ask(`${first.url}/api/v2/alerts`, { json: [{ labels: { alertname: "A" } }] });
  const healthOf = async (url: string) => {
    const { body } = await ask<unknown>(`${url}/api/v1/receivers`);
    return ReceiverList.parse(body).receivers[0]?.integrations[0]?.health;
  };
  const health = await until(
    () => healthOf(first.url),
    (now) => (now?.last_error ?? null) !== null,
  );
  expect(health?.last_error).toMatch(/^told 2 of 3; \+49…002: answered 503/);
  await first.stop();
  expect(new Set(told)).toEqual(new Set(NUMBERS));

  isBroken = false;
  const second = await startServer(site);
  try {
    await until(
      () => healthOf(second.url),
      (now) => (now?.last_success_at ?? null) !== null,
    );
  } finally {
    await second.stop();
    site.remove();
  }
  const times = NUMBERS.map((number) => told.filter((one) => one === number).length);
  expect([times[0], times[2]]).toEqual([1, 1]);
  expect(times[1]).toBeGreaterThanOrEqual(2);
});
