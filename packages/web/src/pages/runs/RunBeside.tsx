import { ActionIcon } from "@mantine/core";
import { IconArrowsMaximize, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useCallback } from "react";

import { runQuery } from "../../api/runs.ts";
import { runPart, withoutRun, type RunSearch } from "../../app/run-search.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { SidePanel } from "../../ui/page.tsx";
import classes from "./run.module.css";
import { runName } from "./run-words.ts";
import { runLead } from "./RunPage.tsx";
import { RunFacts, RunView } from "./RunView.tsx";

const route = getRouteApi("/dashboard/runs");

/** A run beside the list that it is from. */
export const RunBeside = ({ runId }: { runId: string }) => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data: run, error } = useQuery(runQuery(runId));
  const change = useCallback(
    (next: RunSearch) =>
      void navigate({
        search: (old) => ({ ...withoutRun(old), run: runId, ...next }),
        replace: true,
        resetScroll: false,
      }),
    [navigate, runId],
  );
  const close = (
    <span className={classes["corner"]}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label="Show the run on the whole page"
        renderRoot={(props) => (
          <Link
            to="/dashboard/runs/$runId"
            params={{ runId }}
            search={runPart(search)}
            {...props}
          />
        )}
      >
        <IconArrowsMaximize size={17} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label="Close the run"
        renderRoot={(props) => (
          <Link to="/dashboard/runs" search={withoutRun(search)} resetScroll={false} {...props} />
        )}
      >
        <IconX size={18} />
      </ActionIcon>
    </span>
  );
  return (
    <SidePanel
      title={run === undefined ? "Run" : runName(run)}
      {...(run !== undefined && { lead: runLead(run) })}
      close={close}
    >
      {run === undefined && error === null && <SkeletonRows rows={12} height={28} />}
      {run === undefined && error !== null && (
        <Failure what="The run could not be loaded" error={error} />
      )}
      {run !== undefined && (
        <>
          <RunFacts run={run} />
          <RunView run={run} search={runPart(search)} change={change} />
        </>
      )}
    </SidePanel>
  );
};
