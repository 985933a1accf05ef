import type { AgentStatus, Band } from "@fleetlight/contract";
import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleDot,
  IconCircleXFilled,
  IconMoon,
  IconPlayerPlayFilled,
  IconStarFilled,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { agentHue, hueVariable } from "../../charts/colours.ts";
import classes from "./agents.module.css";
import { BAND_WORDS, STATUS_HINTS, STATUS_WORDS } from "./words.ts";

const STATUS_LOOKS = {
  working: { icon: IconPlayerPlayFilled, token: "--fl-healthy" },
  idle: { icon: IconCircleDot, token: "--fl-info" },
  silent: { icon: IconMoon, token: "--fl-unknown" },
  failing: { icon: IconCircleXFilled, token: "--fl-unhealthy" },
} as const satisfies Record<AgentStatus, object>;

const BAND_LOOKS = {
  excellent: { icon: IconStarFilled, token: "--fl-healthy" },
  good: { icon: IconCircleCheckFilled, token: "--fl-healthy" },
  warning: { icon: IconAlertTriangleFilled, token: "--fl-degraded" },
  critical: { icon: IconCircleXFilled, token: "--fl-unhealthy" },
} as const satisfies Record<Band, object>;

/** What an agent does: shape, colour and word. */
export const StatusMark = ({ status }: { status: AgentStatus }) => {
  const { icon: Icon, token } = STATUS_LOOKS[status];
  return (
    <span
      className={classes["mark"]}
      style={{ color: `var(${token})` }}
      title={STATUS_HINTS[status]}
    >
      <Icon size={14} aria-hidden />
      {STATUS_WORDS[status]}
    </span>
  );
};

export const StatusShape = ({ status }: { status: AgentStatus }) => {
  const { icon: Icon, token } = STATUS_LOOKS[status];
  return <Icon size={14} aria-hidden style={{ color: `var(${token})` }} />;
};

/** How a figure stands against its thresholds. */
export const BandMark = ({ band }: { band: Band | null }) => {
  if (band === null)
    return (
      <span className={classes["mark"]} title="Nothing to judge in this time">
        <IconCircleDashed size={14} aria-hidden />
        <span className="dim">Not judged</span>
      </span>
    );
  const { icon: Icon, token } = BAND_LOOKS[band];
  return (
    <span className={classes["mark"]} style={{ color: `var(${token})` }}>
      <Icon size={14} aria-hidden />
      {BAND_WORDS[band]}
    </span>
  );
};

/** The square of an agent's own hue, which it has on every page. */
export const AgentSquare = ({ id }: { id: string }) => (
  <span
    className={classes["square"]}
    style={{ background: hueVariable(agentHue(id)) }}
    aria-hidden
  />
);

export const AgentLink = ({ id, className }: { id: string; className?: string | undefined }) => (
  <Link
    to="/dashboard/agents/$agentId"
    params={{ agentId: id }}
    className={[classes["agent"], className].filter(Boolean).join(" ")}
  >
    <AgentSquare id={id} />
    <span className={classes["agentName"]}>{id}</span>
  </Link>
);
