import { describe, expect, it } from "vitest";
import type { z } from "zod";

import {
  AlertRuleInput,
  AlertRulePatch,
  ClientMessage,
  ErrorBody,
  ServiceRegistration,
} from "./index.ts";

const service = { id: "agent-1", name: "Agent 1", url: "http://127.0.0.1:8001" };
const rule = { id: "r", name: "R", metric: "up", condition: ">", threshold: 1 };

/** Paths of what is wrong, dotted. */
const wrong = (schema: z.ZodType, value: unknown): string[] => {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return [...new Set(issues.map((issue) => issue.path.join(".")))];
};

describe("registration of a service", () => {
  it("fills in what a client of the replaced dashboard leaves out", () => {
    expect(ServiceRegistration.parse(service)).toEqual({
      ...service,
      type: "custom",
      health_endpoint: "/health",
      metrics_endpoint: "/metrics",
      labels: {},
    });
  });

  it.each([
    ["id", { id: "" }],
    ["id", { id: "../etc" }],
    ["id", { id: "a b" }],
    ["id", { id: "x".repeat(129) }],
    ["name", { name: "" }],
    ["url", { url: "ftp://127.0.0.1" }],
    ["url", { url: "file:///etc/passwd" }],
    ["url", { url: "not a url" }],
    ["health_endpoint", { health_endpoint: "health" }],
    ["labels.0bad", { labels: { "0bad": "x" } }],
    [
      "labels",
      { labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, "x"])) },
    ],
    ["check.interval_seconds", { check: { interval_seconds: 0 } }],
    ["check.mode", { check: { mode: "icmp" } }],
    ["check.expected_status", { check: { expected_status: [] } }],
    ["check", { check: { intervall_seconds: 5 } }],
    ["scrape.timeout_seconds", { scrape: { timeout_seconds: 1e9 } }],
  ])("names %s when it is wrong: %j", (path, change) => {
    expect(wrong(ServiceRegistration, { ...service, ...change })).toEqual([path]);
  });
});

describe("a rule", () => {
  it.each([
    ["gt", ">"],
    ["gte", ">="],
    ["lt", "<"],
    ["lte", "<="],
    ["eq", "=="],
    ["ne", "!="],
    [">=", ">="],
  ])("takes the condition %s as %s", (written, meant) => {
    expect(AlertRuleInput.parse({ ...rule, condition: written }).condition).toBe(meant);
    expect(AlertRulePatch.parse({ condition: written })).toEqual({ condition: meant });
  });

  it.each([
    ["condition", { condition: "=~" }],
    ["threshold", { threshold: "90" }],
    ["threshold", { threshold: Number.NaN }],
    ["severity", { severity: "catastrophic" }],
    ["for_duration", { for_duration: -1 }],
    ["cooldown_minutes", { cooldown_minutes: 1e9 }],
    ["metric", { metric: "" }],
  ])("names %s when it is wrong: %j", (path, change) => {
    expect(wrong(AlertRuleInput, { ...rule, ...change })).toEqual([path]);
  });

  it("is changed by nothing when nothing is said", () => {
    expect(AlertRulePatch.parse({})).toEqual({});
  });
});

describe("messages of the live feed", () => {
  it.each([
    [{ type: "ping" }],
    [{ type: "subscribe", topics: ["samples"], match: ["up"] }],
    [{ type: "unsubscribe", topics: ["overview", "alerts"] }],
  ])("takes %j", (message) => {
    expect(ClientMessage.parse(message)).toEqual(message);
  });

  it.each([
    [{}],
    [{ type: "shout" }],
    [{ type: "subscribe", topics: [] }],
    [{ type: "subscribe", topics: ["everything"] }],
    [{ type: "subscribe", topics: ["samples"], match: Array.from({ length: 33 }, () => "up") }],
  ])("refuses %j", (message) => {
    expect(ClientMessage.safeParse(message).success).toBe(false);
  });
});

it("an error may come with or without details", () => {
  const error = { code: "bad_request", message: "no" };
  expect(ErrorBody.parse({ error })).toEqual({ error });
  expect(wrong(ErrorBody, { error: { ...error, details: [{ path: "x" }] } })).toEqual([
    "error.details.0.message",
  ]);
});
