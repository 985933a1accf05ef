import type { AlertState, ServiceStatus, Severity } from "@fleetlight/contract";
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleXFilled,
  IconClockHour4,
  IconFlameFilled,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

import classes from "./state.module.css";

interface Look {
  word: string;
  token: string;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
}

export type State = ServiceStatus | AlertState;

const LOOKS: Record<State, Look> = {
  healthy: { word: "Healthy", token: "--fl-healthy", icon: IconCircleCheckFilled },
  degraded: { word: "Degraded", token: "--fl-degraded", icon: IconAlertTriangleFilled },
  unhealthy: { word: "Unhealthy", token: "--fl-unhealthy", icon: IconCircleXFilled },
  unknown: { word: "Unknown", token: "--fl-unknown", icon: IconCircleDashed },
  pending: { word: "Pending", token: "--fl-pending", icon: IconClockHour4 },
  firing: { word: "Firing", token: "--fl-firing", icon: IconFlameFilled },
  resolved: { word: "Resolved", token: "--fl-healthy", icon: IconCircleCheckFilled },
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

export const SeverityMark = ({ severity }: { severity: Severity }) => (
  <span className={classes["severity"]} style={{ color: `var(${LOUDNESS[severity]})` }}>
    {severity}
  </span>
);
