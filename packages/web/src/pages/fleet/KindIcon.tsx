import type { FleetNode, FleetNodeKind } from "@fleetlight/contract";
import {
  IconCloud,
  IconCube,
  IconRobot,
  IconServer2,
  IconTool,
  type IconProps,
} from "@tabler/icons-react";
import type { ComponentType } from "react";

const ICONS: Readonly<Record<FleetNodeKind, ComponentType<IconProps>>> = {
  agent: IconRobot,
  tool: IconTool,
  model: IconCube,
  service: IconServer2,
  external: IconCloud,
};

export const KindIcon = ({ kind, size = 16 }: { kind: FleetNodeKind; size?: number }) => {
  const Icon = ICONS[kind];
  return <Icon size={size} stroke={1.7} aria-hidden />;
};

/** An idle node has no state of its own: nothing is known of it. */
export const stateMarkOf = (state: FleetNode["state"]) => (state === "idle" ? "unknown" : state);
