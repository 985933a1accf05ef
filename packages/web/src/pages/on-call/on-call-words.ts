import type { EscalationStep } from "@fleetlight/contract";

/** What a step does, in a few words. */
export const stepText = (step: EscalationStep): string => {
  switch (step.type) {
    case "wait":
      return `wait ${typeof step.duration === "number" ? `${step.duration} s` : step.duration}`;
    case "notify_person":
      return `tell ${step.person}`;
    case "notify_team":
      return `tell team ${step.team}`;
    case "notify_schedule":
      return `tell who is on ${step.schedule}`;
    case "notify_channel":
      return step.receiver === undefined ? "tell the receivers again" : `tell ${step.receiver}`;
    case "webhook":
      return `post to ${step.url}`;
    case "only_if_time":
      return `go on only ${step.hours.map(({ start, end }) => `${start} to ${end}`).join(", ")}`;
    case "only_if_count":
      return `go on only with ${step.count} alerts`;
    case "repeat":
      return `begin again, ${step.times} times`;
    case "resolve":
      return "resolve";
  }
};

/** The kinds of steps that the editor offers, each with what it begins with. */
export const STEP_KINDS: { value: EscalationStep["type"]; label: string }[] = [
  { value: "wait", label: "wait" },
  { value: "notify_schedule", label: "tell a schedule" },
  { value: "notify_person", label: "tell a person" },
  { value: "notify_team", label: "tell a team" },
  { value: "notify_channel", label: "tell a receiver" },
  { value: "webhook", label: "post to a URL" },
  { value: "only_if_count", label: "only with so many alerts" },
  { value: "repeat", label: "begin again" },
  { value: "resolve", label: "resolve" },
];

/** The one field that a step of a kind has in the editor; null for one that has none. */
export const fieldOf = (step: EscalationStep): { name: string; value: string } | null => {
  switch (step.type) {
    case "wait":
      return { name: "duration", value: String(step.duration) };
    case "notify_person":
      return { name: "person", value: step.person };
    case "notify_team":
      return { name: "team", value: step.team };
    case "notify_schedule":
      return { name: "schedule", value: step.schedule };
    case "notify_channel":
      return { name: "receiver", value: step.receiver ?? "" };
    case "webhook":
      return { name: "url", value: step.url };
    case "only_if_count":
      return { name: "count", value: String(step.count) };
    case "repeat":
      return { name: "times", value: String(step.times) };
    case "only_if_time":
    case "resolve":
      return null;
  }
};

const NUMBERS = new Set(["count", "times"]);

/** A step with its one field changed; an empty receiver stands for those of the routes. */
export const withField = (step: EscalationStep, name: string, value: string): EscalationStep => {
  if (step.type === "notify_channel" && value === "") {
    const { receiver: _, ...rest } = step;
    return rest;
  }
  return { ...step, [name]: NUMBERS.has(name) ? Number(value) : value } as EscalationStep;
};

export const stepOf = (type: EscalationStep["type"]): EscalationStep => {
  const begun: Record<EscalationStep["type"], EscalationStep> = {
    wait: { type: "wait", duration: "5m" },
    notify_person: { type: "notify_person", person: "" },
    notify_team: { type: "notify_team", team: "" },
    notify_schedule: { type: "notify_schedule", schedule: "" },
    notify_channel: { type: "notify_channel" },
    webhook: { type: "webhook", url: "" },
    only_if_time: {
      type: "only_if_time",
      hours: [{ start: "09:00", end: "17:00" }],
      time_zone: "UTC",
    },
    only_if_count: { type: "only_if_count", count: 3 },
    repeat: { type: "repeat", times: 3 },
    resolve: { type: "resolve" },
  };
  return begun[type];
};
