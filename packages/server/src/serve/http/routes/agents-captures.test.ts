import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import type { AgentReport, TraceList } from "@fleetlight/contract";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const captures = resolve(import.meta.dirname, "../../../../../../../shared/captures");
const present = existsSync(captures);
if (!present) console.warn("SKIPPED: no captures of producers beside the repository");

// The captures are of one day in 2026.
const site = makeSite({ host: { enabled: false }, storage: { retention: { traces: "1000y" } } });
let server: RunningServer;
let base = "";
beforeAll(async () => {
  server = await startServer(site);
  base = server.url;
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

interface Capture {
  path: string;
  body?: unknown;
  protobufBase64?: string;
}

test.skipIf(!present).each([
  ["langgraph-openinference-json", ["researcher", "reviewer", "supervisor"]],
  ["openai-agents-openinference-json", ["triage", "weather_agent"]],
  ["openai-agents-openinference-proto", ["triage", "weather_agent"]],
  ["vercel-ai-6-json", ["adder"]],
  ["vercel-ai-7-json", ["lead", "researcher", "streamer"]],
  ["vercel-ai-7-legacy-json", ["lead", "researcher", "streamer"]],
  ["traceloop-langgraph-proto", ["writer_agent"]],
])(
  "agents of %s are known, and what they used is what their runs used",
  async (producer, names) => {
    const headers = { "X-Scope-OrgID": producer };
    for (const file of readdirSync(join(captures, producer))) {
      const capture = JSON.parse(readFileSync(join(captures, producer, file), "utf8")) as Capture;
      if (!capture.path.includes("traces")) continue;
      const { body: json, protobufBase64 } = capture;
      const answer =
        json === undefined
          ? await ask(`${base}/v1/traces`, {
              method: "POST",
              headers: { ...headers, "content-type": "application/x-protobuf" },
              body: Buffer.from(protobufBase64 ?? "", "base64"),
            })
          : await ask(`${base}/v1/traces`, { json, headers });
      expect(answer.status).toBe(200);
    }
    const { body: runs } = await ask<TraceList>(`${base}/api/v1/traces?start=1&limit=500`, {
      headers,
    });
    const sum = (pick: (one: TraceList["traces"][number]) => number) =>
      runs.traces.reduce((total, one) => total + pick(one), 0);
    const wanted = [
      sum((one) => one.input_tokens),
      sum((one) => one.output_tokens),
      sum((one) => one.tool_calls),
    ];
    const { body: report } = await until(
      () => ask<AgentReport>(`${base}/api/v1/reports/agents?hours=9600`, { headers }),
      ({ body: { overall } }) =>
        JSON.stringify([overall.input_tokens, overall.output_tokens, overall.tool_calls]) ===
        JSON.stringify(wanted),
    );
    const active = report.agents.filter(({ figures }) => figures.tasks_completed > 0);
    expect(active.map(({ id }) => id)).toEqual(names);
    expect(wanted.some((one) => one > 0)).toBe(true);
  },
);
