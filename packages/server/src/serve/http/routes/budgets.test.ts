import type {
  AlertRule,
  AlertsAnswer,
  Budget,
  BudgetHistory,
  BudgetList,
  Checkpoint,
  EventList,
  Stop,
  StopList,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const site = makeSite({
  host: { enabled: false },
  budgets: [
    { id: "fleet-total", name: "All of it", unit: "tokens", limit: 1_000_000, period: "total" },
  ],
});
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

const get = <T>(path: string, tenant = "default") =>
  ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } });
const change = <T>(method: string, path: string, json?: unknown) =>
  ask<T>(base + path, { method, json });

let ids = 1;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

interface Call {
  agent: string;
  tokens: number;
  cost?: number;
  conversation?: string;
  trace?: string;
  secondsAgo?: number;
}

/** A call of a model, as an agent's framework sends it. */
const callOf = ({ agent, tokens, cost, conversation, trace, secondsAgo = 1 }: Call) => ({
  traceId: trace ?? (ids++).toString(16).padStart(32, "a"),
  spanId: (ids++).toString(16).padStart(16, "b"),
  name: "chat",
  kind: 3,
  startTimeUnixNano: `${Date.now() - secondsAgo * 1000}000000`,
  endTimeUnixNano: `${Date.now() - secondsAgo * 1000 + 500}000000`,
  attributes: [
    text("gen_ai.operation.name", "chat"),
    text("gen_ai.agent.name", agent),
    ...(conversation === undefined ? [] : [text("gen_ai.conversation.id", conversation)]),
    text("gen_ai.request.model", "nobody-knows-this-model"),
    { key: "gen_ai.usage.input_tokens", value: { intValue: String(tokens) } },
    ...(cost === undefined ? [] : [{ key: "gen_ai.usage.cost", value: { doubleValue: cost } }]),
  ],
});

const send = (...spans: unknown[]) =>
  ask(`${base}/v1/traces`, {
    json: {
      resourceSpans: [
        {
          resource: { attributes: [text("service.name", "fleet")] },
          scopeSpans: [{ scope: { name: "test" }, spans }],
        },
      ],
    },
  });

const spentBy = async (id: string, subject: string) => {
  const { body } = await get<Budget>(`/api/v1/budgets/${id}`);
  return body.spending.find((one) => one.subject === subject);
};

const checkpoint = async (query: string) =>
  (await get<Checkpoint>(`/api/v1/checkpoint?${query}`)).body;

describe("a budget", () => {
  test("counts what was spent before it was made, and then each call once", async () => {
    await send(callOf({ agent: "early", tokens: 10 }));
    const { status, body } = await change<Budget>("POST", "/api/v1/budgets", {
      id: "per-agent",
      name: "Tokens of each agent",
      per: "agent",
      unit: "tokens",
      limit: 100,
      by: "ann",
      reason: "they talk too much",
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ period: "day", warn_at: 0.8, at_limit: "stop", origin: "api" });
    await until(
      () => spentBy("per-agent", "early"),
      (one) => one?.spent === 10,
    );
    const again = callOf({ agent: "early", tokens: 30 });
    await send(again);
    await send(again);
    await until(
      () => spentBy("per-agent", "early"),
      (one) => one?.spent === 40,
    );
    const { body: counted } = await get<Budget>("/api/v1/budgets/per-agent");
    expect(counted.counted_since).toBe(counted.period_start);
  });

  test("lets an agent go on, warns, and stops it at the limit, and only it", async () => {
    await send(callOf({ agent: "writer", tokens: 85 }));
    const warned = await until(
      () => checkpoint("agent=writer"),
      ({ budgets }) => budgets.some(({ state }) => state === "warned"),
    );
    expect(warned).toMatchObject({ continue: true, reasons: [] });
    await send(callOf({ agent: "writer", tokens: 20 }));
    const stopped = await until(
      () => checkpoint("agent=writer"),
      (answer) => !answer.continue,
    );
    expect(stopped.reasons).toEqual([
      {
        kind: "budget",
        id: "per-agent",
        message: expect.stringMatching(
          /^the budget "Tokens of each agent" of the agent "writer" is spent: 105 tokens of 100 tokens; it begins anew at /,
        ),
      },
    ]);
    expect(stopped.budgets.find(({ id }) => id === "per-agent")).toMatchObject({
      subject: "writer",
      spent: 105,
      share: 1.05,
      state: "spent",
      resets_at: expect.stringMatching(/T00:00:00\.000Z$/),
    });
    expect(await checkpoint("agent=reader")).toMatchObject({ continue: true });
  });

  test("raises alerts at its share and at its limit", async () => {
    const { body: rules } = await get<{ rules: AlertRule[] }>("/api/v1/alerts/rules");
    expect(rules.rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["budget_nearly_spent", "budget_spent"]),
    );
    const { body } = await until(
      () => get<AlertsAnswer>("/api/v1/alerts"),
      (answer) =>
        answer.body.data.alerts.some(({ labels }) => labels["alertname"] === "BudgetSpent"),
      15_000,
    );
    expect(
      body.data.alerts.find(({ labels }) => labels["alertname"] === "BudgetSpent")?.annotations[
        "summary"
      ],
    ).toBe("The budget Tokens of each agent is spent by agent writer");
  });

  test("has a history: who changed what and why, lines that were crossed, refusals", async () => {
    await change("PUT", "/api/v1/budgets/per-agent", {
      name: "Tokens of each agent",
      per: "agent",
      unit: "tokens",
      limit: 1000,
      by: "bob",
      reason: "it was too little",
    });
    expect(await checkpoint("agent=writer")).toMatchObject({ continue: true });
    const { body } = await until(
      () => get<BudgetHistory>("/api/v1/budgets/per-agent/history"),
      (answer) => answer.body.events.some(({ type }) => type === "checkpoint.refused"),
    );
    expect(body.periods).toMatchObject([
      { subject: "writer", tokens: 105, calls: 2, unpriced_calls: 2 },
      { subject: "early", tokens: 40, calls: 2 },
    ]);
    expect(body.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        "audit.budget.created",
        "audit.budget.changed",
        "budget.warned",
        "budget.spent",
      ]),
    );
    expect(
      body.events.find(({ type }) => type === "audit.budget.changed")?.attributes,
    ).toMatchObject({ by: "bob", reason: "it was too little", limit: "1000" });
  });

  test("of cost tells how many calls had no price", async () => {
    await change("POST", "/api/v1/budgets", {
      id: "cost",
      name: "Cost",
      per: "conversation",
      only: "c1",
      unit: "usd",
      limit: 1,
      at_limit: "alert",
    });
    await send(
      callOf({ agent: "a", tokens: 5, conversation: "c1" }),
      callOf({ agent: "a", tokens: 5, conversation: "c2" }),
    );
    const spent = await until(
      () => spentBy("cost", "c1"),
      (one) => one?.calls === 1,
    );
    expect(spent).toMatchObject({ cost_usd: 0, tokens: 5, unpriced_calls: 1 });
    expect(await spentBy("cost", "c2")).toBeUndefined();
  });

  test("knows the conversation of a run that is asked about by its trace", async () => {
    const trace = "c".repeat(32);
    await send(callOf({ agent: "a", tokens: 5, conversation: "c1", trace }));
    const answer = await until(
      () => checkpoint(`trace_id=${trace}`),
      ({ budgets }) => budgets.some(({ id }) => id === "cost"),
    );
    expect(answer.budgets.map(({ id }) => id).toSorted()).toEqual(["cost", "fleet-total"]);
  });

  test("of the configuration counts as well, and is changed there", async () => {
    const { body } = await get<BudgetList>("/api/v1/budgets");
    expect(body.budgets.find(({ id }) => id === "fleet-total")).toMatchObject({
      origin: "config",
      resets_at: null,
      spending: [{ subject: "" }],
    });
    const { status } = await change("DELETE", "/api/v1/budgets/fleet-total");
    expect(status).toBe(409);
  });

  test.each([
    ["a limit of nothing", { name: "x", unit: "usd", limit: 0 }],
    ["one fleet among others", { name: "x", unit: "usd", limit: 1, only: "a" }],
    ["an unknown unit", { name: "x", unit: "eur", limit: 1 }],
    ["an id that is a path", { id: "../x", name: "x", unit: "usd", limit: 1 }],
  ])("with %s is refused", async (_, body) => {
    expect((await change("POST", "/api/v1/budgets", body)).status).toBe(400);
  });

  test("belongs to its tenant, and is gone when it is removed", async () => {
    expect((await get("/api/v1/budgets/cost", "other")).status).toBe(404);
    expect((await change("DELETE", "/api/v1/budgets/cost")).status).toBe(200);
    expect((await get("/api/v1/budgets/cost")).status).toBe(404);
    expect(
      (
        await change("POST", "/api/v1/budgets", {
          id: "per-agent",
          name: "x",
          unit: "usd",
          limit: 1,
        })
      ).status,
    ).toBe(409);
  });
});

describe("a stop", () => {
  test("holds a run, an agent or a conversation until it is taken back", async () => {
    const { status, body: stop } = await change<Stop>("POST", "/api/v1/stops", {
      kind: "run",
      subject: "0AF7651916CD43DD8448EB211C80319C",
      reason: "it deletes the wrong files",
      by: "ann",
    });
    expect(status).toBe(201);
    const run = "trace_id=0af7651916cd43dd8448eb211c80319c";
    const answer = await checkpoint(`agent=other&${run}`);
    expect(answer).toMatchObject({
      continue: false,
      reasons: [
        {
          kind: "stop",
          id: stop.id,
          message: "the run was stopped by ann: it deletes the wrong files",
        },
      ],
    });
    expect((await get<StopList>("/api/v1/stops")).body.stops).toMatchObject([{ id: stop.id }]);
    expect((await get<StopList>("/api/v1/stops", "other")).body.count).toBe(0);
    await change("DELETE", `/api/v1/stops/${stop.id}?reason=mended`);
    expect(await checkpoint(run)).toMatchObject({ continue: true });
    expect((await change("DELETE", `/api/v1/stops/${stop.id}`)).status).toBe(404);
    const { body: events } = await get<EventList>("/api/v1/events?limit=100");
    expect(
      events.events
        .filter(({ type }) => type.startsWith("audit.stop"))
        .map(({ attributes }) => [attributes["by"], attributes["reason"]]),
    ).toEqual([
      ["anonymous", "mended"],
      ["ann", "it deletes the wrong files"],
    ]);
  });

  test.each([
    ["of a run that is no trace", { kind: "run", subject: "x", reason: "y" }],
    ["without a reason", { kind: "agent", subject: "x", reason: "" }],
    [
      "that is over",
      { kind: "agent", subject: "x", reason: "y", expires_at: "2020-01-01T00:00:00Z" },
    ],
  ])("%s is refused", async (_, body) => {
    expect((await change("POST", "/api/v1/stops", body)).status).toBe(400);
  });

  test("ends by itself", async () => {
    await change("POST", "/api/v1/stops", {
      kind: "agent",
      subject: "tired",
      reason: "a pause",
      expires_at: new Date(Date.now() + 400).toISOString(),
    });
    expect(await checkpoint("agent=tired")).toMatchObject({ continue: false });
    await until(
      () => checkpoint("agent=tired"),
      (answer) => answer.continue,
    );
  });
});
