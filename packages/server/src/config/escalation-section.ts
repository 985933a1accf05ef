import { EscalationPolicyInput, PersonInput, ScheduleInput, TeamInput } from "@fleetlight/contract";
import { z } from "zod";

import { duration, section } from "./fields.ts";

/** Entities of one kind, each with an id of its own. */
const entities = <T extends z.ZodType<{ id: string }>>(entity: T, description: string) =>
  z
    .array(entity)
    .max(1000)
    .superRefine((list, context) => {
      const seen = new Set<string>();
      for (const [index, { id }] of list.entries()) {
        if (seen.has(id))
          context.addIssue({
            code: "custom",
            path: [index, "id"],
            message: "is the id of another one already",
          });
        seen.add(id);
      }
    })
    .default([])
    .describe(description);

const wait = (text: string) => duration({ min: "1s", max: "7d" }).prefault(text);

export const escalation = section("What happens when nobody takes care of an alert.", {
  enabled: z
    .boolean()
    .default(true)
    .describe("Whether incidents that nobody acknowledges are escalated."),
  defaults: section("Escalation of incidents that no policy is for: their alerts are sent again.", {
    critical: wait("2m").describe("Time after which a critical incident is escalated."),
    high: wait("5m").describe("Time after which an incident of severity high or error is."),
  }),
  incident_window: duration({ min: "0s", max: "1d" })
    .prefault("5m")
    .describe(
      "Time within which alerts of one service, or of services that depend on one another, become one incident.",
    ),
  people: entities(
    PersonInput,
    "People, as in the body of `POST /api/v1/people`; read-only in the API, as all that follows.",
  ),
  teams: entities(TeamInput, "Teams, as in the body of `POST /api/v1/teams`."),
  schedules: entities(ScheduleInput, "Schedules, as in the body of `POST /api/v1/schedules`."),
  policies: entities(
    EscalationPolicyInput,
    "Escalation policies, as in the body of `POST /api/v1/escalation-policies`.",
  ),
});
