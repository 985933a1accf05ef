import { z } from "zod";

import { Timestamp } from "./common.ts";

/**
 * Who is on call, and whom an incident goes to. All under `/api/v1`; every list answers `{<things>, count}`, `PUT`
 * replaces the whole thing, an entity of the configuration file (`origin: "config"`) answers 409 to a change.
 *
 *     GET POST          /people                        GET PUT DELETE /people/{id}
 *     GET POST          /teams                         GET PUT DELETE /teams/{id}
 *     GET POST          /schedules                     GET PUT DELETE /schedules/{id}
 *     GET               /schedules/{id}/on-call?at=                    who is on call at that moment
 *     GET               /schedules/{id}/final?start=&end=              segments after overrides, and gaps
 *     GET               /schedules/{id}/calendar.ics?person=           iCalendar of the next 90 days
 *     POST              /schedules/preview?start=&end=                 the same as `final` for a schedule that is not saved
 *     GET POST          /schedules/{id}/overrides      DELETE         /schedules/{id}/overrides/{override}
 *     GET POST          /escalation-policies           GET PUT DELETE /escalation-policies/{id}
 *     GET               /escalation-policies/match?<label>=<value>     which policy an alert with these labels gets
 *     GET               /on-call?at=                                   who is on call in every schedule
 */
export const OnCallId = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/,
    "an id is letters, digits and . _ - and starts with a letter or digit",
  )
  .describe("Name of it in URLs and references.");

const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
};

/** IANA name of a time zone, such as `Europe/Berlin`. */
export const TimeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, "expected an IANA time zone such as Europe/Berlin")
  .describe("IANA time zone, such as `Europe/Berlin`.");

/** `09:00`; `24:00` is the end of the day. */
export const TimeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time such as 09:00");

export const StartTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "expected a time such as 09:00");

export const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export const Weekday = z.enum(WEEKDAYS);
export type Weekday = z.infer<typeof Weekday>;

/** A length of time: seconds, or a text such as `5m`, `1h30m`, `2d`. */
export const DurationText = z.union([
  z.number().min(0).max(315_360_000),
  z
    .string()
    .min(1)
    .max(64)
    .regex(
      /^(?:\d+(?:\.\d+)?(?:ms|[ywdhms]))+$|^\d+(?:\.\d+)?$/,
      "expected a duration such as 5m or 1h30m",
    ),
]);

/** Some hours of some days. An end before the start lies on the next day; equal ones are the whole day. */
export const HoursOfWeek = z.strictObject({
  weekdays: z
    .array(Weekday)
    .min(1)
    .max(7)
    .optional()
    .describe("Days on which the hours begin; every day when left out."),
  start: StartTime.describe("When they begin."),
  end: TimeOfDay.describe("When they end; before the start is the next day."),
});
export type HoursOfWeek = z.infer<typeof HoursOfWeek>;

/** One condition on a label, as in Alertmanager; the text `severity=~"critical|high"` is accepted and turned into it. */
export const LabelMatcher = z.preprocess(
  (value) => {
    if (typeof value !== "string" || value.length > 5000) return value;
    const [, name, operator = "", quoted, plain] =
      /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"]*?))\s*$/s.exec(
        value,
      ) ?? [];
    if (name === undefined) return value;
    const text = quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/gs, "$1");
    return { name, value: text, isRegex: operator.endsWith("~"), isEqual: operator[0] === "=" };
  },
  z.strictObject({
    name: z
      .string()
      .max(256)
      .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, "a label name is letters, digits and _")
      .describe("Name of the label."),
    value: z.string().max(4096).describe("What the label is compared with."),
    isRegex: z
      .boolean()
      .default(false)
      .describe("Whether the value is a regular expression, for the whole label."),
    isEqual: z.boolean().default(true).describe("Whether the label must match, or must not."),
  }),
);
export type LabelMatcher = z.infer<typeof LabelMatcher>;

export const Origin = z.enum(["api", "config"]);

const stamps = {
  /** `config`: made in the configuration file and read-only here. */
  origin: Origin,
  created_at: Timestamp,
  updated_at: Timestamp,
};

const displayName = z.string().min(1).max(256).describe("Name for people.");

/** `high` is critical, high and error; `low` the rest. */
export const Urgency = z.enum(["high", "low"]);
export type Urgency = z.infer<typeof Urgency>;

export const ContactMethod = z.strictObject({
  receiver: z
    .string()
    .min(1)
    .max(1024)
    .describe("Receiver of the notification configuration that carries the message."),
  address: z
    .string()
    .min(1)
    .max(512)
    // A line break would begin another header of a mail.
    .regex(/^[^\p{Cc}]+$/u, "an address has no control characters")
    // Addresses of channels are templates; one of a person is nothing but an address.
    .refine((text) => !text.includes("{{"), "an address is no template")
    .optional()
    .describe("E-mail address, phone number or user that stands for the receiver's own."),
  urgency: z
    .enum(["any", "high", "low"])
    .default("any")
    .describe("Incidents that this way is used for."),
  after: DurationText.default(0).describe(
    "How long after the person was to be told this way is used.",
  ),
});
export type ContactMethod = z.infer<typeof ContactMethod>;

export const PersonInput = z.strictObject({
  id: OnCallId,
  name: displayName,
  email: z.email().max(320).optional().describe("Shown to people; a contact method may use it."),
  phone: z
    .string()
    .max(32)
    .regex(/^\+?[0-9 ()-]{3,}$/, "expected a phone number such as +49 30 123456")
    .optional()
    .describe("Shown to people; a contact method may use it."),
  time_zone: TimeZone.default("UTC"),
  contact_methods: z
    .array(ContactMethod)
    .max(16)
    .default([])
    .describe("Ways to reach the person, in order."),
  quiet_hours: z
    .array(HoursOfWeek)
    .max(16)
    .default([])
    .describe("When the person is told of urgent incidents alone, in the own time zone."),
});
export type PersonInput = z.infer<typeof PersonInput>;
export const Person = z.object({ ...PersonInput.shape, ...stamps });
export type Person = z.infer<typeof Person>;
export const PersonList = z.object({ people: z.array(Person), count: z.int() });
export type PersonList = z.infer<typeof PersonList>;

export const TeamInput = z.strictObject({
  id: OnCallId,
  name: displayName,
  members: z.array(OnCallId).max(200).default([]).describe("Ids of people."),
  schedule: OnCallId.optional().describe(
    "Schedule that is asked instead of telling every member, when a step notifies the team.",
  ),
});
export type TeamInput = z.infer<typeof TeamInput>;
export const Team = z.object({ ...TeamInput.shape, ...stamps });
export type Team = z.infer<typeof Team>;
export const TeamList = z.object({ teams: z.array(Team), count: z.int() });
export type TeamList = z.infer<typeof TeamList>;

/** One rotation of a schedule. A layer further down the list wins where both have somebody. */
export const ScheduleLayer = z.strictObject({
  name: z.string().max(256).default("").describe("Name for people."),
  people: z
    .array(OnCallId)
    .min(1)
    .max(100)
    .describe("Ids of people in the order in which they take turns."),
  rotation: z
    .enum(["daily", "weekly", "custom"])
    .default("weekly")
    .describe("Length of a turn; `custom` is `turn_hours` long."),
  turns: z
    .int()
    .min(1)
    .max(365)
    .default(1)
    .describe("Days or weeks that one turn lasts, for `daily` and `weekly`."),
  turn_hours: z
    .number()
    .min(0.25)
    .max(8760)
    .optional()
    .describe("Hours that a turn lasts, for `custom`; elapsed time, whatever the clock does."),
  handover: StartTime.default("09:00").describe(
    "Time of day at which a turn begins, in the schedule's time zone.",
  ),
  weekday: Weekday.default("monday").describe("Day on which a weekly turn begins."),
  start: Timestamp.describe(
    "When the layer begins; the first person's turn is the one that holds this moment.",
  ),
  end: Timestamp.optional().describe("When the layer ends; never when left out."),
  restrictions: z
    .array(HoursOfWeek)
    .max(32)
    .default([])
    .describe("Hours for which the layer has somebody, such as working hours; always when empty."),
});
export type ScheduleLayer = z.infer<typeof ScheduleLayer>;

export const ScheduleInput = z.strictObject({
  id: OnCallId,
  name: displayName,
  description: z.string().max(4096).default("").describe("What it is for."),
  time_zone: TimeZone.default("UTC"),
  layers: z.array(ScheduleLayer).max(20).default([]).describe("Rotations; later ones win."),
});
export type ScheduleInput = z.infer<typeof ScheduleInput>;
export const Schedule = z.object({ ...ScheduleInput.shape, ...stamps });
export type Schedule = z.infer<typeof Schedule>;
export const ScheduleList = z.object({ schedules: z.array(Schedule), count: z.int() });
export type ScheduleList = z.infer<typeof ScheduleList>;

/** Somebody stands in for whoever would be on call. `person: null` means that nobody is. */
export const OverrideInput = z.strictObject({
  person: OnCallId.nullable(),
  start: Timestamp,
  end: Timestamp,
  note: z.string().max(1024).default(""),
  /** Who made it; the name of the token when left out. */
  by: z.string().min(1).max(128).optional(),
});
export type OverrideInput = z.infer<typeof OverrideInput>;
export const Override = z.object({
  id: z.string(),
  schedule: z.string(),
  person: z.string().nullable(),
  start: Timestamp,
  end: Timestamp,
  note: z.string(),
  by: z.string(),
  created_at: Timestamp,
});
export type Override = z.infer<typeof Override>;
export const OverrideList = z.object({ overrides: z.array(Override), count: z.int() });
export type OverrideList = z.infer<typeof OverrideList>;

/** A stretch of time for which one person, or nobody, is on call. */
export const ScheduleSegment = z.object({
  start: Timestamp,
  end: Timestamp,
  person: z.string(),
  /** Name of the person; the id when that person is not known any more. */
  name: z.string(),
  /** Index of the layer; null for an override. */
  layer: z.int().nullable(),
  override: z.string().nullable(),
});
export type ScheduleSegment = z.infer<typeof ScheduleSegment>;

export const FinalSchedule = z.object({
  schedule: z.string(),
  time_zone: z.string(),
  start: Timestamp,
  end: Timestamp,
  segments: z.array(ScheduleSegment),
  /** Stretches without anybody. */
  gaps: z.array(z.object({ start: Timestamp, end: Timestamp })),
  /** What each layer alone would give, in the order of the layers. */
  layers: z.array(z.array(ScheduleSegment)),
});
export type FinalSchedule = z.infer<typeof FinalSchedule>;

export const OnCallNow = z.object({
  schedule: z.string(),
  name: z.string(),
  at: Timestamp,
  /** The segment that holds the moment; null in a gap. */
  current: ScheduleSegment.nullable(),
  /** Who takes over next, within 90 days; null when nobody does. */
  next: ScheduleSegment.nullable(),
});
export type OnCallNow = z.infer<typeof OnCallNow>;
export const OnCallEverywhere = z.object({
  at: Timestamp,
  on_call: z.array(OnCallNow),
  count: z.int(),
});
export type OnCallEverywhere = z.infer<typeof OnCallEverywhere>;

const urgency = Urgency.optional().describe(
  "Which contact methods are used; by the incident's severity when left out.",
);

/** One step of a policy. Steps run in order; a condition that does not hold ends the policy there. */
export const EscalationStep = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("wait").describe("Waits."),
    duration: DurationText.describe("How long."),
  }),
  z.strictObject({
    type: z.literal("notify_person").describe("Tells one person by their contact methods."),
    person: OnCallId,
    urgency,
  }),
  z.strictObject({
    type: z
      .literal("notify_team")
      .describe("Tells the team's schedule, or every member without one."),
    team: OnCallId,
    urgency,
  }),
  z.strictObject({
    type: z.literal("notify_schedule").describe("Tells whoever is on call."),
    schedule: OnCallId,
    urgency,
  }),
  z.strictObject({
    type: z
      .literal("notify_channel")
      .describe("Sends to a receiver, or to those of the alerts' routes."),
    receiver: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe("Name of the receiver; those that the alerts went to already when left out."),
  }),
  z.strictObject({
    type: z.literal("webhook").describe("Posts the incident to a URL."),
    url: z
      .string()
      .max(2048)
      .refine(
        (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
        "an http:// or https:// URL",
      )
      .describe("Where it is posted; shown without user, password and query."),
  }),
  z.strictObject({
    type: z.literal("only_if_time").describe("Goes on only within these hours."),
    hours: z.array(HoursOfWeek).min(1).max(32).describe("The hours."),
    time_zone: TimeZone.default("UTC"),
  }),
  z.strictObject({
    type: z.literal("only_if_count").describe("Goes on only with so many alerts."),
    count: z.int().min(1).max(100_000).describe("Least number of alerts."),
    window: DurationText.optional().describe(
      "Alerts of the incident that began within this time; those that are active when left out.",
    ),
  }),
  z.strictObject({
    type: z.literal("repeat").describe("Begins again with the first step."),
    times: z.int().min(1).max(100).default(3).describe("How often."),
  }),
  z.strictObject({ type: z.literal("resolve").describe("Resolves the incident.") }),
]);
export type EscalationStep = z.infer<typeof EscalationStep>;

export const EscalationPolicyInput = z.strictObject({
  id: OnCallId,
  name: displayName,
  matchers: z
    .array(LabelMatcher)
    .max(32)
    .default([])
    .describe(
      'Alerts that get this policy, all must match, as `severity="critical"`; without any, only those with the label `escalation_policy`.',
    ),
  position: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(100)
    .describe("Of several policies that match, the one with the smallest position is taken."),
  enabled: z.boolean().default(true).describe("Whether the policy is used."),
  steps: z.array(EscalationStep).min(1).max(50).describe("What is done, in order."),
});
export type EscalationPolicyInput = z.infer<typeof EscalationPolicyInput>;
export const EscalationPolicy = z.object({ ...EscalationPolicyInput.shape, ...stamps });
export type EscalationPolicy = z.infer<typeof EscalationPolicy>;
export const EscalationPolicyList = z.object({
  policies: z.array(EscalationPolicy),
  /** What holds for incidents without a policy: seconds until their alerts are sent again, by severity. */
  defaults: z.record(z.string(), z.number()),
  count: z.int(),
});
export type EscalationPolicyList = z.infer<typeof EscalationPolicyList>;

/** Answer of `GET /api/v1/escalation-policies/match`. */
export const EscalationMatch = z.object({
  policy: z.string().nullable(),
  /** `label`: by `escalation_policy`; `matchers`; `default`: the built-in one of its severity; `none`. */
  by: z.enum(["label", "matchers", "default", "none"]),
  reason: z.string(),
});
export type EscalationMatch = z.infer<typeof EscalationMatch>;

/** Answer of every `DELETE` of this file. */
export const Removed = z.object({ status: z.literal("removed"), id: z.string() });
export type Removed = z.infer<typeof Removed>;
