import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../../../fixture.ts";
import { QUIET } from "./fixture.ts";

const TOKENS = { reader: "r-e-a-d", writer: "w-r-i-t-e" };
const headers = { authorization: `Bearer ${TOKENS.reader}` };

interface Body {
  errorType?: string;
  error?: string;
}

const site = makeSite({
  ...QUIET,
  query: { max_samples: 1000 },
  auth: {
    tokens: [
      { name: "reader", token: TOKENS.reader, scopes: ["read"] },
      { name: "writer", token: TOKENS.writer, scopes: ["write"] },
    ],
  },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

describe("with tokens", () => {
  it.each([
    "query?query=1",
    "labels",
    "rules",
    "status/config",
    "metadata",
    "../../federate?match[]=a",
  ])("%s takes one that may read", async (path) => {
    const url = `${server.url}/api/v1/${path}`;
    const refused = await ask<Body>(url);
    expect([refused.status, refused.body.errorType]).toEqual([401, "unauthorized"]);
    expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect((await ask(url, { headers })).status).toBe(200);
  });

  it("asking by form is reading", async () => {
    const init = { method: "POST", body: new URLSearchParams({ query: "1" }), headers };
    expect((await ask(`${server.url}/api/v1/query`, init)).status).toBe(200);
  });

  it("the configuration shows none of them", async () => {
    const { text } = await ask(`${server.url}/api/v1/status/config`, { headers });
    expect(text).toContain("tokens");
    for (const token of Object.values(TOKENS)) expect(text).not.toContain(token);
    expect(text).not.toMatch(/[0-9a-f]{64}/);
  });
});

it("a query that would hold too many samples is refused", async () => {
  const query = "sum_over_time(vector(1)[1h:1s])";
  const { status, body } = await ask<Body>(
    `${server.url}/api/v1/query?${new URLSearchParams({ query })}`,
    { headers },
  );
  expect([status, body]).toEqual([
    422,
    {
      status: "error",
      errorType: "execution",
      error: "query processing would load too many samples into memory in query execution",
    },
  ]);
});
