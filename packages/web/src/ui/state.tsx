import type { AlertState, ServiceStatus, Severity } from "@fleetlight/contract";
import {
  IconAlertTriangleFilled,
  IconBellOff,
  IconCalendarPause,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClockHour4,
  IconFlameFilled,
  IconMoon,
  IconSitemap,
  IconUserCheck,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import classes from "./state.module.css";

interface Look {
  word: string;
  token: string;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
}

/** Why nobody is told of an alert that fires. */
export type QuietState =
  | "acknowledged"
  | "silenced"
  | "maintenance"
  | "inhibited"
  | "dependency"
  | "muted";

export type State = ServiceStatus | AlertState | QuietState;

const LOOKS: Record<State, Look> = {
  healthy: { word: "Healthy", token: "--fl-healthy", icon: IconCircleCheckFilled },
  degraded: { word: "Degraded", token: "--fl-degraded", icon: IconAlertTriangleFilled },
  unhealthy: { word: "Unhealthy", token: "--fl-unhealthy", icon: IconCircleXFilled },
  unknown: { word: "Unknown", token: "--fl-unknown", icon: IconCircleDashed },
  pending: { word: "Pending", token: "--fl-pending", icon: IconClockHour4 },
  firing: { word: "Firing", token: "--fl-firing", icon: IconFlameFilled },
  resolved: { word: "Resolved", token: "--fl-healthy", icon: IconCircleCheckFilled },
  acknowledged: { word: "Acknowledged", token: "--fl-acknowledged", icon: IconUserCheck },
  silenced: { word: "Silenced", token: "--fl-silenced", icon: IconBellOff },
  maintenance: { word: "Maintenance", token: "--fl-silenced", icon: IconCalendarPause },
  inhibited: { word: "Inhibited", token: "--fl-unknown", icon: IconSitemap },
  dependency: { word: "Follows", token: "--fl-unknown", icon: IconSitemap },
  muted: { word: "Muted", token: "--fl-silenced", icon: IconMoon },
};

/** States of a service, worst first; the order of every list and strip. */
export const SERVICE_STATES: ServiceStatus[] = ["unhealthy", "degraded", "unknown", "healthy"];

export const stateWord = (state: State): string => LOOKS[state].word;
export const stateColour = (state: State): string => `var(${LOOKS[state].token})`;

/** A state as shape, colour and word, so that no one of the three is needed alone. */
export const StateMark = ({ state, big = false }: { state: State; big?: boolean }) => {
  const { word, icon: Icon } = LOOKS[state];
  return (
    <span className={big ? classes["big"] : classes["mark"]} style={{ color: stateColour(state) }}>
      <Icon size={big ? 18 : 15} aria-hidden />
      {word}
    </span>
  );
};

/** Only the shape; for places where the word stands beside it already. */
export const StateIcon = ({ state, size = 15 }: { state: State; size?: number }) => {
  const { icon: Icon } = LOOKS[state];
  return (
    <span className={classes["icon"]} style={{ color: stateColour(state) }}>
      <Icon size={size} aria-hidden />
    </span>
  );
};

const LOUDNESS: Record<Severity, string> = {
  critical: "--fl-firing",
  high: "--fl-firing",
  error: "--fl-firing",
  warning: "--fl-degraded",
  medium: "--fl-degraded",
  low: "--fl-info",
  info: "--fl-info",
};

export const SEVERITIES: Severity[] = [
  "critical",
  "high",
  "error",
  "warning",
  "medium",
  "low",
  "info",
];

/** A severity of ours or, for an alert from elsewhere, whatever its sender wrote. */
export const SeverityMark = ({ severity }: { severity: string }) => (
  <span
    className={classes["severity"]}
    style={{ color: `var(${LOUDNESS[severity as Severity] ?? "--fl-unknown"})` }}
  >
    {severity}
  </span>
);
