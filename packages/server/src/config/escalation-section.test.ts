import { describe, expect, it } from "vitest";

import { redactConfig } from "./redact.ts";
import { ConfigSchema } from "./schema.ts";

const problems = (escalation: unknown): string[] =>
  (ConfigSchema.safeParse({ escalation }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

const webhook = { type: "webhook", url: "https://hooks.example/services/geheim" };

describe("the section escalation", () => {
  it("has the defaults that MAOS promised", () => {
    expect(ConfigSchema.parse({}).escalation).toEqual({
      enabled: true,
      defaults: { critical: 120_000, high: 300_000 },
      incident_window: 300_000,
      people: [],
      teams: [],
      schedules: [],
      policies: [],
    });
  });

  it("reads matchers as texts, and fills in what is left out", () => {
    const { escalation } = ConfigSchema.parse({
      escalation: {
        people: [{ id: "ann", name: "Ann" }],
        policies: [
          {
            id: "p",
            name: "P",
            matchers: ["severity=~critical|high", 'team!="a b"'],
            steps: [{ type: "wait", duration: "5m" }, { type: "repeat" }],
          },
        ],
      },
    });
    expect(escalation.people[0]).toMatchObject({ time_zone: "UTC", contact_methods: [] });
    expect(escalation.policies[0]).toMatchObject({
      position: 100,
      enabled: true,
      matchers: [
        { name: "severity", value: "critical|high", isRegex: true, isEqual: true },
        { name: "team", value: "a b", isRegex: false, isEqual: false },
      ],
      steps: [
        { type: "wait", duration: "5m" },
        { type: "repeat", times: 3 },
      ],
    });
  });

  it.each([
    [
      "people.1.id",
      {
        people: [
          { id: "a", name: "A" },
          { id: "a", name: "B" },
        ],
      },
    ],
    ["people.0.time_zone", { people: [{ id: "a", name: "A", time_zone: "Mars" }] }],
    [
      "schedules.0.layers.0.people",
      {
        schedules: [
          { id: "s", name: "S", layers: [{ people: [], start: "2026-11-21T00:00:00Z" }] },
        ],
      },
    ],
    [
      "schedules.0.layers.0.handover",
      {
        schedules: [
          {
            id: "s",
            name: "S",
            layers: [{ people: ["a"], start: "2026-11-21T00:00:00Z", handover: "25:00" }],
          },
        ],
      },
    ],
    [
      "policies.0.steps.0.duration",
      { policies: [{ id: "p", name: "P", steps: [{ type: "wait", duration: "soon" }] }] },
    ],
    [
      "policies.0.steps.0",
      { policies: [{ id: "p", name: "P", steps: [{ ...webhook, color: "red" }] }] },
    ],
    ["defaults.critical", { defaults: { critical: "0s" } }],
  ])("names %s when it is wrong", (path, escalation) => {
    expect(problems(escalation).map((one) => one.split(":")[0])).toContain(`escalation.${path}`);
  });

  it("is printed without the addresses of webhooks", () => {
    const config = ConfigSchema.parse({
      escalation: { policies: [{ id: "p", name: "P", steps: [webhook] }] },
    });
    expect(JSON.stringify(redactConfig(config))).not.toContain("geheim");
    expect(JSON.stringify(config)).toContain("geheim");
  });
});
