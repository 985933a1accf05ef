import type { Trace } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";

import { runQuery } from "../../api/runs.ts";
import type { RunSearch } from "../../app/run-search.ts";
import { plural } from "../../format/units.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { RUN_WORDS, runName, runState } from "./run-words.ts";
import { RunFacts, RunView } from "./RunView.tsx";

const route = getRouteApi("/dashboard/runs/$runId");
const back = <BackLink to="/dashboard/runs">Runs</BackLink>;

/** What a run is, in one sentence. */
export const runLead = (run: Trace): string =>
  `${RUN_WORDS[runState(run)]}. ${plural(run.agents.length, "agent")}, ${plural(run.spans, "span")}, ${plural(run.tool_calls, "call of a tool", "calls of tools")}.`;

/** One run: which agent did what when, what was said, and what it cost. */
export const RunPage = () => {
  const { runId } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: run, error } = useQuery(runQuery(runId));
  const change = useCallback(
    (next: RunSearch) => void navigate({ search: next, replace: true, resetScroll: false }),
    [navigate],
  );
  if (run === undefined)
    return (
      <Page title="Run" before={back}>
        {error === null ? (
          <SkeletonRows rows={12} height={28} />
        ) : (
          <Failure what="The run could not be loaded" error={error} />
        )}
      </Page>
    );
  return (
    <Page title={runName(run)} lead={runLead(run)} before={back}>
      <RunFacts run={run} />
      <RunView key={runId} run={run} search={search} change={change} />
    </Page>
  );
};
