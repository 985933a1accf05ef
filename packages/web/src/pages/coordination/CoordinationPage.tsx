import type { CoordinationSummary, Finding } from "@fleetlight/contract";
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { coordinationSummaryQuery, FINDINGS_SHOWN, findingsQuery } from "../../api/coordination.ts";
import {
  COORDINATION_HOURS,
  KINDS,
  type CoordinationSearch,
} from "../../app/coordination-search.ts";
import { hueVariable } from "../../charts/colours.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { SeverityMark } from "../../ui/state.tsx";
import table from "../../ui/table.module.css";
import { Ago, Lasting } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import classes from "./coordination.module.css";
import { CoordinationTabs } from "./CoordinationTabs.tsx";
import { KIND_WORDS } from "./finding-words.ts";
import { Agents, FindingPanel } from "./FindingPanel.tsx";
import { FindingState } from "./FindingState.tsx";
import { OverTime } from "./OverTime.tsx";

const route = getRouteApi("/dashboard/coordination");

const HOUR_WORDS: Record<(typeof COORDINATION_HOURS)[number], string> = {
  1: "1 hour",
  24: "1 day",
  168: "7 days",
  720: "30 days",
};

/** Attributes that let a wait be seen; whatever library makes the span. */
const EXAMPLE = `span.setAttribute("fleetlight.operation", "wait");
span.setAttribute("fleetlight.agent", "planner");
span.setAttribute("fleetlight.peer", "reviewer");`;

const Row = ({ finding, search }: { finding: Finding; search: CoordinationSearch }) => (
  <li
    className={classes["row"]}
    data-over={finding.state === "over" || undefined}
    data-open={search.finding === finding.id || undefined}
  >
    <FindingState state={finding.state} />
    <div className={classes["what"]}>
      <Link
        to="/dashboard/coordination"
        search={{ ...search, finding: finding.id }}
        resetScroll={false}
        className={classes["name"]}
        data-list-item
      >
        {finding.summary}
      </Link>
      <div className={classes["detail"]}>
        <span className={classes["kind"]}>
          <span style={{ background: hueVariable(KIND_WORDS[finding.kind].hue) }} aria-hidden />
          {KIND_WORDS[finding.kind].word}
        </span>
        <Agents names={finding.agents.slice(0, 4)} />
        {finding.count > 1 && <span className="num">seen {finding.count} times</span>}
      </div>
    </div>
    <SeverityMark severity={finding.severity} />
    <div className={classes["when"]}>
      {finding.state === "open" ? (
        <span>
          for <Lasting since={finding.first_seen} />
        </span>
      ) : (
        <Ago at={finding.last_seen} />
      )}
    </div>
  </li>
);

const Kinds = ({
  summary,
  search,
  change,
}: {
  summary: CoordinationSummary | undefined;
  search: CoordinationSearch;
  change: (next: CoordinationSearch) => void;
}) => {
  const { kind: chosen, ...rest } = search;
  const counts = new Map(summary?.by_kind.map(({ kind, total }) => [kind, total]));
  return (
    <div className={table["facets"]} role="group" aria-label="Kinds of findings">
      {KINDS.filter((kind) => (counts.get(kind) ?? 0) > 0 || kind === chosen).map((kind) => (
        <Facet
          key={kind}
          on={kind === chosen}
          count={counts.get(kind) ?? 0}
          icon={
            <span
              className={classes["dot"]}
              style={{ background: hueVariable(KIND_WORDS[kind].hue) }}
              aria-hidden
            />
          }
          onToggle={() => change(kind === chosen ? rest : { ...rest, kind })}
        >
          {KIND_WORDS[kind].word}
        </Facet>
      ))}
    </div>
  );
};

const Nothing = ({ search, change }: { search: CoordinationSearch; change: () => void }) =>
  search.kind !== undefined ? (
    <Empty title="Nothing of this kind was found in this time">
      <Button variant="default" onClick={change}>
        Show all kinds
      </Button>
    </Empty>
  ) : (
    <Empty
      icon={<IconArrowsExchange size={30} stroke={1.5} />}
      title="The agents get along"
      waiting="Watching the spans of agents…"
    >
      <p>
        Deadlocks, conflicts, contradictions, work done twice, loops and runaway runs stand here
        within seconds, while they happen. They are found in the spans that agents send; loops and
        runaway runs in those of any framework. Waits, resources and claims are seen where a span
        names them:
      </p>
      <Snippet label="example of a span" text={EXAMPLE} />
    </Empty>
  );

const Waits = ({ summary }: { summary: CoordinationSummary }) => {
  const rows = summary.waits
    .slice(0, 8)
    .map(({ agent, peer, seconds, waits }): [string, string] => [
      `${agent} for ${peer}`,
      `${formatValue(seconds, "seconds")} in ${plural(waits, "wait")}`,
    ]);
  const share = summary.duplicated_share;
  const facts: [string, string][] = [
    ...(share === null
      ? []
      : [
          ["Work done twice", `${formatValue(share, "ratio")} of the last hour`] as [
            string,
            string,
          ],
        ]),
    ...(summary.mean_rounds === null
      ? []
      : [["To agree", `${summary.mean_rounds.toFixed(1)} rounds on average`] as [string, string]]),
  ];
  if (rows.length + facts.length === 0) return null;
  return (
    <Panel title="Waiting and agreeing" aside="since the server started">
      <Facts rows={[...facts, ...rows]} />
    </Panel>
  );
};

const leadOf = (summary: CoordinationSummary | undefined): string => {
  if (summary === undefined) return "Do the agents stand in one another's way?";
  const open = summary.by_kind.filter((one) => one.open > 0);
  return open.length === 0
    ? "Do the agents stand in one another's way? Not now."
    : `Now: ${open.map(({ kind, open: count }) => (count === 1 ? `1 ${KIND_WORDS[kind].word.toLowerCase()}` : `${count} ${KIND_WORDS[kind].many}`)).join(", ")}.`;
};

interface ListProps {
  search: CoordinationSearch;
  change: (next: CoordinationSearch) => void;
}

const List = ({ search, change }: ListProps) => {
  const { data, error } = useQuery(findingsQuery(search));
  const { kind: _, finding: _finding, ...rest } = search;
  if (data === undefined)
    return error === null ? (
      <div className={classes["sheet"]}>
        <SkeletonRows rows={6} height={60} />
      </div>
    ) : (
      <Failure what="The findings could not be loaded" error={error} />
    );
  return (
    <>
      <div className={classes["sheet"]}>
        {data.count === 0 ? (
          <Nothing search={search} change={() => change(rest)} />
        ) : (
          <ul aria-label="Findings">
            {data.findings.map((one) => (
              <Row key={one.id} finding={one} search={search} />
            ))}
          </ul>
        )}
      </div>
      {data.count >= FINDINGS_SHOWN && (
        <p className="dim">
          These are the first {FINDINGS_SHOWN}; choose a kind or a shorter time.
        </p>
      )}
    </>
  );
};

const HowFarBack = ({ search, change }: ListProps) => {
  const { hours = 24, ...others } = search;
  return (
    <SegmentedControl
      size="xs"
      aria-label="How far back"
      data={COORDINATION_HOURS.map((one) => ({ value: String(one), label: HOUR_WORDS[one] }))}
      value={String(hours)}
      onChange={(value) => {
        const next = COORDINATION_HOURS.find((one) => String(one) === value) ?? 24;
        change(next === 24 ? others : { ...others, hours: next });
      }}
    />
  );
};

/** What agents do to one another, what goes on first; beside it the finding that is looked at. */
export const CoordinationPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const { data: summary } = useQuery(coordinationSummaryQuery(search));
  const change = (next: CoordinationSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { finding } = search;
  const beside = finding === undefined ? undefined : <FindingPanel key={finding} id={finding} />;
  if (beside !== undefined && !wide) return beside;
  const total = summary?.by_kind.reduce((sum, one) => sum + one.total, 0) ?? 0;
  return (
    <Page
      title="Coordination"
      lead={leadOf(summary)}
      beside={beside}
      actions={<HowFarBack search={search} change={change} />}
    >
      <CoordinationTabs />
      {summary !== undefined && total > 0 && (
        <Panel title="What happened" aside={plural(total, "finding")}>
          <OverTime summary={summary} />
        </Panel>
      )}
      <Kinds summary={summary} search={search} change={change} />
      <List search={search} change={change} />
      {summary !== undefined && <Waits summary={summary} />}
    </Page>
  );
};
