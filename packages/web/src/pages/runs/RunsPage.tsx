import type { TraceSummary } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";

import { RUNS_SHOWN, runFacetsQuery, runHeatmapQuery, runsQuery } from "../../api/runs.ts";
import { withoutRun, type RunsSearch } from "../../app/run-search.ts";
import { formatDateTime } from "../../format/time.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { Differences } from "./Differences.tsx";
import { FirstRun } from "./FirstRun.tsx";
import { Heatmap } from "./Heatmap.tsx";
import { readColumns, steady, USUAL_COLUMNS, type Column } from "./run-list.ts";
import { RunFacets } from "./RunFacets.tsx";
import { RunRows } from "./RunRows.tsx";
import { RunsBar } from "./RunsBar.tsx";
import classes from "./runs.module.css";

const route = getRouteApi("/dashboard/runs");
const RunBeside = lazy(async () => ({ default: (await import("./RunBeside.tsx")).RunBeside }));

/** The list while it is touched: what is shown stays, what is new waits. */
const useSteady = (fresh: readonly TraceSummary[], key: string) => {
  const [held, setHeld] = useState(false);
  const [kept, setKept] = useState<{ key: string; runs: readonly TraceSummary[] }>({
    key,
    runs: [],
  });
  const { shown, waiting } = steady(kept.key === key ? kept.runs : [], fresh, held);
  return {
    shown,
    waiting,
    events: {
      onPointerEnter: () => {
        setKept({ key, runs: shown });
        setHeld(true);
      },
      onPointerLeave: () => setHeld(false),
    },
    showAll: () => setKept({ key, runs: fresh }),
  };
};

const isNarrowed = ({ q, errors, region }: RunsSearch): boolean =>
  q !== undefined || errors === true || region !== undefined;

const Nothing = ({ search, change }: { search: RunsSearch; change: (next: RunsSearch) => void }) =>
  isNarrowed(search) ? (
    <Empty title="No run matches">
      <p>Look further back, or try another filter.</p>
      <Button variant="default" onClick={() => change({})}>
        Show all
      </Button>
    </Empty>
  ) : search.hours === undefined ? (
    <FirstRun />
  ) : (
    <Empty title="No run in this time" />
  );

const agoWord = (hours: number): string =>
  hours === 1 ? "hour" : hours < 48 ? plural(hours, "hour") : plural(hours / 24, "day");

const leadOf = (runs: readonly TraceSummary[], { hours = 1 }: RunsSearch): string => {
  if (runs.length === 0)
    return "What did the agents do, how long did it take, and what did it cost?";
  const errors = runs.filter((run) => run.errors > 0).length;
  const most = runs.length >= RUNS_SHOWN ? "The first " : "";
  const failed = errors > 0 ? `, ${formatCount(errors)} with errors` : ", none with errors";
  return `${most}${plural(runs.length, "run")} of the last ${agoWord(hours)}${failed}.`;
};

interface ListProps {
  search: RunsSearch;
  wide: boolean;
  phone: boolean;
  change: (next: RunsSearch) => void;
}

/** The heat map, and what differs in the part of it that was chosen. */
const Map = ({ search, change }: Pick<ListProps, "search" | "change">) => {
  const { data } = useQuery(runHeatmapQuery(search));
  const { region, ...rest } = search;
  if (data === undefined || (data.traces === 0 && region === undefined)) return null;
  return (
    <>
      <Heatmap
        map={data}
        region={region}
        onRegion={(next) => change(next === undefined ? rest : { ...rest, region: next })}
      />
      {region !== undefined && <Differences search={search} change={change} />}
    </>
  );
};

const Keys = () => (
  <p className={classes["keys"]}>
    <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open
  </p>
);

/** The rows, or what stands there instead of them. */
const Sheet = ({
  search,
  wide,
  phone,
  change,
  columns,
}: ListProps & { columns: readonly Column[] }) => {
  const { data, error } = useQuery(runsQuery(search));
  const fresh = useMemo(() => data?.traces ?? [], [data]);
  const { shown, waiting, events, showAll } = useSteady(fresh, JSON.stringify(withoutRun(search)));
  return (
    <>
      <div className={classes["sheet"]} {...events}>
        {waiting > 0 && (
          <button type="button" className={classes["fresh"]} onClick={showAll}>
            {plural(waiting, "new run")}
          </button>
        )}
        {data === undefined && error === null && <SkeletonRows rows={10} />}
        {data === undefined && error !== null && (
          <Failure what="The runs could not be loaded" error={error} />
        )}
        {data !== undefined && shown.length === 0 && <Nothing search={search} change={change} />}
        {shown.length > 0 && (
          <RunRows
            runs={shown}
            search={search}
            columns={search.run === undefined ? columns : ["lasted"]}
            beside={wide}
            phone={phone}
          />
        )}
      </div>
      {shown.length > 0 && !phone && <Keys />}
    </>
  );
};

/** Set when only a part of the texts could be searched in time. */
const SearchedFrom = ({ search }: { search: RunsSearch }) => {
  const { data } = useQuery(runsQuery(search));
  const from = data?.searched_from ?? null;
  return from === null ? null : (
    <p className="dim">
      Texts were searched from {formatDateTime(Date.parse(from))} on; earlier ones would have taken
      too long.
    </p>
  );
};

const List = (props: ListProps) => {
  const { search, wide, change } = props;
  const facets = useQuery(runFacetsQuery(search)).data?.facets ?? [];
  // What a filter leaves has only its own values: whoever writes on wants to know of the others, too.
  const { q: _, ...unfiltered } = search;
  const named = useQuery(runFacetsQuery(unfiltered)).data?.facets ?? facets;
  const [asked, setAsked] = useState(false);
  const [columns, setColumns] = useLocalStorage<Column[]>({
    key: "fleetlight-run-columns",
    defaultValue: [...USUAL_COLUMNS],
    deserialize: readColumns,
    getInitialValueInEffect: false,
  });
  const values = new globalThis.Map(named.map((facet) => [facet.name as string, facet.values]));
  const room = wide && search.run === undefined;
  const facetsShown = facets.some((facet) => facet.values.length > 0) && (asked || room);
  return (
    <>
      <RunsBar
        search={search}
        values={values}
        columns={columns}
        facetsShown={facetsShown}
        onFacets={room ? undefined : () => setAsked(!asked)}
        onColumns={setColumns}
        change={change}
      />
      <div className={classes["body"]} data-facets={facetsShown || undefined}>
        {facetsShown && <RunFacets facets={facets} search={search} change={change} />}
        <div className={classes["main"]}>
          <Map search={search} change={change} />
          <SearchedFrom search={search} />
          <Sheet {...props} columns={columns} />
        </div>
      </div>
    </>
  );
};

/** What the fleet has done, the newest first; beside it, on a wide screen, the run that is looked at. */
export const RunsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const runs = useQuery(runsQuery(search));
  const change = (next: RunsSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { run } = search;
  const beside =
    run === undefined ? undefined : (
      <Suspense fallback={<SkeletonRows rows={8} />}>
        <RunBeside key={run} runId={run} />
      </Suspense>
    );
  if (beside !== undefined && !wide) return beside;
  return (
    <Page
      title="Runs"
      lead={leadOf(runs.data?.traces ?? [], search)}
      {...(beside === undefined
        ? {
            actions: (
              <Button
                variant="default"
                leftSection={<IconAlertTriangle size={15} />}
                renderRoot={(props) => <Link to="/dashboard/runs/errors" {...props} />}
              >
                Errors by cause
              </Button>
            ),
          }
        : { beside })}
    >
      <List search={search} wide={wide} phone={phone} change={change} />
    </Page>
  );
};
