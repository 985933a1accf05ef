import type { FleetEvent } from "@fleetlight/contract";

const statusChange = ({ attributes }: FleetEvent): string => {
  const to = attributes["to"] ?? attributes["status"] ?? "another state";
  const from = attributes["from"] ?? attributes["previous"];
  const cause = attributes["error"] ?? attributes["reason"] ?? attributes["cause"];
  const change = from === undefined ? `became ${to}` : `went from ${from} to ${to}`;
  return cause === undefined || cause === "" ? change : `${change}: ${cause}`;
};

const alertName = ({ attributes }: FleetEvent): string =>
  `“${attributes["name"] ?? attributes["rule"] ?? attributes["rule_id"] ?? "an alert"}”`;

const budgetName = ({ attributes }: FleetEvent): string => {
  const { name = "", subject = "" } = attributes;
  return subject === "" ? `“${name}”` : `“${name}” of ${subject}`;
};

/** What happened to the fleet as a whole. */
const FLEET_TEXTS: Record<string, (event: FleetEvent) => string> = {
  "coordination.finding": ({ attributes }) =>
    attributes["summary"] ?? "Agents stand in one another's way",
  "coordination.finding_over": ({ attributes }) =>
    `Over: ${attributes["summary"] ?? "a finding about agents"}`,
  "budget.warned": (event) => `The budget ${budgetName(event)} is nearly spent`,
  "budget.spent": (event) => `The budget ${budgetName(event)} is spent`,
};

/** What happened, in words. An event of an unknown type is told by its type and attributes. */
export const eventText = (event: FleetEvent): string => {
  switch (event.type) {
    case "service.registered":
      return "was registered";
    case "service.updated":
      return "was changed";
    case "service.removed":
      return "was removed";
    case "service.status_changed":
      return statusChange(event);
    case "alert.pending":
      return `${alertName(event)} is pending`;
    case "alert.firing":
      return `${alertName(event)} is firing`;
    case "alert.resolved":
      return `${alertName(event)} is resolved`;
    case "config.reloaded":
      return "The configuration was reloaded";
    case "config.rejected":
      return `The configuration was rejected: ${event.attributes["error"] ?? "see /health"}`;
    default: {
      const told = (Object.hasOwn(FLEET_TEXTS, event.type) ? FLEET_TEXTS[event.type] : undefined)?.(
        event,
      );
      if (told !== undefined) return told;
      const rest = Object.entries(event.attributes).map(([name, value]) => `${name}=${value}`);
      return [event.type, ...rest].join(" ");
    }
  }
};

/** The colour of tokens.css that an event is marked with. */
export const eventToken = (event: FleetEvent): string => {
  if (event.type === "service.status_changed") {
    const to = event.attributes["to"] ?? event.attributes["status"];
    return ["healthy", "degraded", "unhealthy"].includes(to ?? "") ? `--fl-${to}` : "--fl-unknown";
  }
  const tokens: Record<string, string> = {
    "alert.firing": "--fl-firing",
    "alert.pending": "--fl-pending",
    "alert.resolved": "--fl-healthy",
    "config.rejected": "--fl-unhealthy",
    "service.registered": "--fl-info",
    "coordination.finding": "--fl-degraded",
    "coordination.finding_over": "--fl-healthy",
    "budget.warned": "--fl-degraded",
    "budget.spent": "--fl-unhealthy",
  };
  return tokens[event.type] ?? "--fl-unknown";
};
