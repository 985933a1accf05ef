import type { Finding, StopInput } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconHandStop, IconRoute } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";

import { findingQuery } from "../../api/coordination.ts";
import { agentHue, hueVariable } from "../../charts/colours.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts, Panel } from "../../ui/page.tsx";
import { PanelOrPage } from "../../ui/panel-or-page.tsx";
import { SeverityMark } from "../../ui/state.tsx";
import { Ago, Lasting } from "../../ui/time.tsx";
import { StopDialog } from "../budgets/StopDialog.tsx";
import classes from "./coordination.module.css";
import { EvidenceTimeline } from "./EvidenceTimeline.tsx";
import { KIND_WORDS } from "./finding-words.ts";
import { FindingState } from "./FindingState.tsx";

const route = getRouteApi("/dashboard/coordination");

interface FrameProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

const Frame = ({ title, lead, actions, children }: FrameProps) => {
  const { finding: _, ...search } = route.useSearch();
  return (
    <PanelOrPage
      title={title}
      lead={lead}
      actions={actions}
      list={{ to: "/dashboard/coordination", name: "Coordination", search }}
      closeLabel="Close the finding"
    >
      {children}
    </PanelOrPage>
  );
};

interface AgentsProps {
  names: readonly string[];
  /** Not where the whole row is a link already. */
  linked?: boolean;
}

export const Agents = ({ names, linked = false }: AgentsProps) => (
  <span className={classes["agents"]}>
    {names.map((name) => (
      <span key={name} className={classes["agent"]}>
        <span style={{ background: hueVariable(agentHue(name)) }} aria-hidden />
        {linked ? (
          <Link to="/dashboard/agents/$agentId" params={{ agentId: name }} className="link">
            {name}
          </Link>
        ) : (
          name
        )}
      </span>
    ))}
  </span>
);

/** It lasts, and is not seen again and again. */
const isWait = ({ kind }: Finding): boolean => kind === "wait_cycle" || kind === "long_wait";

const factsOf = (finding: Finding): [string, ReactNode][] => [
  [
    "Agents",
    finding.agents.length === 0 ? (
      "not known"
    ) : (
      <Agents key="agents" names={finding.agents} linked />
    ),
  ],
  ...(finding.subject === "" || isWait(finding)
    ? []
    : [["About", finding.subject] as [string, ReactNode]]),
  ["First seen", <Ago key="first" at={finding.first_seen} />],
  ...(finding.state === "open" && isWait(finding)
    ? []
    : [["Last seen", <Ago key="last" at={finding.last_seen} />] as [string, ReactNode]]),
  ["Seen", plural(finding.count, "time")],
  ...(isWait(finding)
    ? [["Waited", formatValue(finding.value, "seconds")] as [string, ReactNode]]
    : []),
];

const Matter = ({ finding }: { finding: Finding }) => {
  const [stopping, setStopping] = useState<Pick<StopInput, "kind" | "subject">>();
  const { word, advice } = KIND_WORDS[finding.kind];
  const isOpen = finding.state === "open";
  return (
    <Frame
      title={word}
      lead={
        <span className={classes["strip"]}>
          <FindingState state={finding.state} />
          <span>
            {isOpen ? "for " : "lasted "}
            <Lasting since={finding.first_seen} until={finding.ended_at} />
          </span>
          <SeverityMark severity={finding.severity} />
        </span>
      }
      actions={
        <>
          <Button
            variant="default"
            leftSection={<IconRoute size={15} />}
            renderRoot={(props) => (
              <Link to="/dashboard/runs/$runId" params={{ runId: finding.trace_id }} {...props} />
            )}
          >
            Open the run
          </Button>
          <Button
            variant="default"
            leftSection={<IconHandStop size={15} />}
            onClick={() => setStopping({ kind: "run", subject: finding.trace_id })}
          >
            Stop the run
          </Button>
        </>
      }
    >
      <p className={classes["summary"]}>{finding.summary}</p>
      <p className="dim">{advice}</p>
      <Panel title="What shows it">
        {finding.evidence.length === 0 ? (
          <p className="dim">Nothing more is kept of it.</p>
        ) : (
          <EvidenceTimeline finding={finding} />
        )}
      </Panel>
      <Panel title="Facts">
        <Facts rows={factsOf(finding)} />
      </Panel>
      {stopping !== undefined && (
        <StopDialog fixed={stopping} onClose={() => setStopping(undefined)} />
      )}
    </Frame>
  );
};

/** One finding: what it means, and the spans that show it. */
export const FindingPanel = ({ id }: { id: string }) => {
  const { data, error } = useQuery(findingQuery(id));
  if (data !== undefined) return <Matter finding={data} />;
  return (
    <Frame title="Finding">
      {error === null ? (
        <SkeletonRows rows={6} />
      ) : (
        <Failure what="The finding could not be loaded" error={error} />
      )}
    </Frame>
  );
};
