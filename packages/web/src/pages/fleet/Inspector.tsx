import type { FleetEdge, FleetNode, FleetReplay } from "@fleetlight/contract";
import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { FleetSearch } from "../../app/fleet-search.ts";
import { Sparkline } from "../../charts/sparkline.tsx";
import { tokenOf } from "../../format/run-filter.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Facts, Panel } from "../../ui/page.tsx";
import { StateMark } from "../../ui/state.tsx";
import { money } from "../runs/run-words.ts";
import { EDGE_WORDS, KIND_WORDS, nameOf, rateOf } from "./fleet-words.ts";
import classes from "./fleet.module.css";
import { stateMarkOf } from "./KindIcon.tsx";
import { callsOver } from "./shown.ts";

type Thing = FleetNode | FleetEdge;

/** What runs are looked for by, and the series that has more of it. */
function linksOf(node: FleetNode): { runs: string | undefined; series: string } {
  const text = JSON.stringify(node.name);
  const by = (label: string) => `sum(rate(traces_span_metrics_calls_total{${label}=${text}}[5m]))`;
  switch (node.kind) {
    case "agent":
      return { runs: tokenOf("agent", node.name), series: by("gen_ai_agent_name") };
    case "tool":
      return { runs: tokenOf("tool", node.name), series: by("gen_ai_tool_name") };
    case "model":
      return { runs: tokenOf("model", node.name), series: by("gen_ai_request_model") };
    case "service":
      return { runs: tokenOf("service", node.name), series: by("service_name") };
    case "external": {
      const [service = ""] = node.services;
      return {
        runs: undefined,
        series: `sum(rate(traces_span_metrics_calls_total{service_name=${JSON.stringify(service)},span_kind="SPAN_KIND_CLIENT"}[5m]))`,
      };
    }
  }
}

const figuresOf = (thing: Thing): [string, ReactNode][] => [
  ["Calls", `${formatCount(thing.calls)} · ${rateOf(thing.calls_per_second)}`],
  ["Errors", `${formatCount(thing.errors)} · ${formatValue(thing.error_share, "ratio")}`],
  [
    "Duration",
    thing.p95_seconds === null
      ? `mean ${formatValue(thing.mean_seconds, "seconds")}`
      : `p50 ${formatValue(thing.p50_seconds, "seconds")} · p95 ${formatValue(thing.p95_seconds, "seconds")}`,
  ],
  ["Tokens", `${formatCount(thing.input_tokens)} in, ${formatCount(thing.output_tokens)} out`],
  ["Cost", money(thing.cost_usd)],
];

interface EdgeListProps {
  title: string;
  edges: readonly FleetEdge[];
  search: FleetSearch;
  other: "source" | "target";
}

const EdgeList = ({ title, edges, search, other }: EdgeListProps) =>
  edges.length === 0 ? null : (
    <div>
      <h3 className={classes["subhead"]}>{title}</h3>
      <ul className={classes["edges"]}>
        {edges.map((edge) => (
          <li key={edge.id}>
            <Link to="/dashboard/fleet" search={{ ...search, pick: edge.id }} resetScroll={false}>
              {other === "target"
                ? `${EDGE_WORDS[edge.kind]} ${nameOf(edge.target)}`
                : `${nameOf(edge.source)} ${EDGE_WORDS[edge.kind]} it`}
            </Link>
            <span className="dim num">{rateOf(edge.calls_per_second)}</span>
          </li>
        ))}
      </ul>
    </div>
  );

interface InspectorProps {
  replay: FleetReplay;
  /** As it is shown now: of the whole range, or of one step. */
  thing: Thing;
  search: FleetSearch;
  onClose: () => void;
}

const NodeMore = ({
  node,
  replay,
  search,
}: { node: FleetNode } & Omit<InspectorProps, "thing" | "onClose">) => {
  const { runs, series } = linksOf(node);
  const { hours } = search;
  return (
    <>
      <p className={classes["links"]}>
        {node.kind === "agent" && (
          <Link to="/dashboard/agents/$agentId" params={{ agentId: node.name }}>
            Agent
          </Link>
        )}
        {runs !== undefined && (
          <Link to="/dashboard/runs" search={{ q: runs, ...(hours !== undefined && { hours }) }}>
            Runs
          </Link>
        )}
        <Link to="/dashboard/explore" search={{ e: series, range: "1h" }}>
          Metrics
        </Link>
      </p>
      <EdgeList
        title="From here"
        edges={replay.edges.filter(({ source }) => source === node.id)}
        search={search}
        other="target"
      />
      <EdgeList
        title="To here"
        edges={replay.edges.filter(({ target }) => target === node.id)}
        search={search}
        other="source"
      />
    </>
  );
};

const EdgeMore = ({ edge, search }: { edge: FleetEdge; search: FleetSearch }) => (
  <ul className={classes["edges"]}>
    {[edge.source, edge.target].map((id) => (
      <li key={id}>
        <Link to="/dashboard/fleet" search={{ ...search, pick: id }} resetScroll={false}>
          {nameOf(id)}
        </Link>
      </li>
    ))}
  </ul>
);

/** What is known of one node or one edge. */
export const Inspector = ({ replay, thing, search, onClose }: InspectorProps) => {
  const isNode = "state" in thing;
  const title = isNode
    ? `${KIND_WORDS[thing.kind]} ${thing.name}`
    : `${nameOf(thing.source)} ${EDGE_WORDS[thing.kind]} ${nameOf(thing.target)}`;
  const facts: [string, ReactNode][] = isNode
    ? [
        ["State", <StateMark key="state" state={stateMarkOf(thing.state)} />],
        ...(thing.active > 0
          ? ([["Now", plural(thing.active, "span goes on", "spans go on")]] as [string, string][])
          : []),
        ...figuresOf(thing),
        ["Seen in", thing.services.join(", ") || "–"],
      ]
    : figuresOf(thing);
  return (
    <Panel
      title={title}
      className={classes["inspector"]}
      aside={
        <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label="Close the details">
          <IconX size={16} />
        </ActionIcon>
      }
    >
      <Sparkline data={callsOver(replay, thing.id)} width={280} height={36} />
      <p className={classes["caption"]}>Calls over the range</p>
      <Facts rows={facts} />
      {isNode ? (
        <NodeMore node={thing} replay={replay} search={search} />
      ) : (
        <EdgeMore edge={thing} search={search} />
      )}
    </Panel>
  );
};
