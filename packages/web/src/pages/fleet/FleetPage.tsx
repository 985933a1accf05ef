import type { FleetReplay } from "@fleetlight/contract";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback } from "react";

import { fleetDiffQuery, fleetQuery } from "../../api/fleet.ts";
import type { FleetSearch } from "../../app/fleet-search.ts";
import { plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { Changes } from "./Changes.tsx";
import classes from "./fleet.module.css";
import { FleetBar, ViewSwitch, type Change } from "./FleetBar.tsx";
import { Inspector } from "./Inspector.tsx";
import { ListView } from "./ListView.tsx";
import { filtered, frameAt, shownAt } from "./shown.ts";
import { TimeSlider } from "./TimeSlider.tsx";

const GraphView = lazy(() =>
  import("./GraphView.tsx").then(({ GraphView: Loaded }) => ({ default: Loaded })),
);

const route = getRouteApi("/dashboard/fleet");

/** Replaces or, with undefined, removes some of the address. */
const changed = (
  search: FleetSearch,
  next: { [K in keyof FleetSearch]?: FleetSearch[K] | undefined },
): FleetSearch =>
  Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, one]) => one !== undefined));

const snippet = (origin: string): string =>
  [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    "export OTEL_SERVICE_NAME=my-agents",
  ].join("\n");

const Nobody = () => (
  <Empty title="Nobody has reached anybody yet" waiting="Waiting for the first span…">
    <p>
      Agents, their tools and models, and the services under them appear here by themselves as soon
      as their spans come:
    </p>
    <Snippet label="environment that sends spans here" text={snippet(window.location.origin)} />
  </Empty>
);

const leadOf = (replay: FleetReplay | undefined): string => {
  if (replay === undefined || replay.nodes.length === 0)
    return "Who hands to, asks, calls and tells whom, how often, and where does it fail?";
  const agents = replay.nodes.filter(({ kind }) => kind === "agent");
  const failing = replay.nodes.filter(
    ({ state }) => state === "unhealthy" || state === "degraded",
  ).length;
  const busy = agents.filter(({ active }) => active > 0).length;
  return `${plural(agents.length, "agent")}, ${busy} at work now; ${failing === 0 ? "nobody fails often" : `${failing} of ${replay.nodes.length} nodes fail often`}.`;
};

interface MatterProps {
  replay: FleetReplay;
  search: FleetSearch;
  view: "graph" | "list";
  change: Change;
}

const Matter = ({ replay, search, view, change }: MatterProps) => {
  const found = frameAt(replay, search.at);
  const frame = found === -1 ? undefined : found;
  const all = shownAt(replay, frame);
  const shown = filtered(all, search);
  const picked = [...all.nodes, ...all.edges].find(({ id }) => id === search.pick);
  const { data: diff } = useQuery({
    ...fleetDiffQuery(search.hours, search.service),
    enabled: search.diff === true,
  });
  const compared = search.diff === true ? diff : undefined;
  const onFrame = useCallback(
    (next: number | undefined) => {
      const start = next === undefined ? undefined : replay.frames[next]?.start;
      change({ at: start === undefined ? undefined : Math.floor(Date.parse(start) / 1000) });
    },
    [replay.frames, change],
  );
  const hasAside = picked !== undefined || compared !== undefined;
  return (
    <>
      <TimeSlider replay={replay} frame={frame} onFrame={onFrame} />
      {replay.truncated && (
        <p className="dim">There is more than can be shown: the least busy edges are left out.</p>
      )}
      <div className={classes["matter"]} data-aside={hasAside || undefined}>
        <div className={classes["main"]}>
          {shown.nodes.length === 0 ? (
            <Empty title="Nobody matches">
              <p>Try another name, service or kind.</p>
            </Empty>
          ) : view === "list" ? (
            <ListView shown={shown} search={search} />
          ) : (
            <Suspense fallback={<div className={classes["canvas"]} />}>
              <GraphView
                shown={shown}
                picked={search.pick}
                changes={compared?.changes ?? []}
                onPick={(pick) => change({ pick })}
              />
            </Suspense>
          )}
        </div>
        {hasAside && (
          <div className={classes["aside"]}>
            {picked !== undefined && (
              <Inspector
                replay={replay}
                thing={picked}
                search={search}
                onClose={() => change({ pick: undefined })}
              />
            )}
            {compared !== undefined && <Changes diff={compared} search={search} />}
          </div>
        )}
      </div>
    </>
  );
};

/** The fleet: who reaches whom, now and in any hour that is kept. */
export const FleetPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const fleet = useQuery(fleetQuery(search.hours, search.service));
  const view = search.view ?? (phone ? "list" : "graph");
  const change: Change = useCallback(
    (next) =>
      void navigate({
        search: (before) => changed(before, next),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  useHotkeys([["Escape", () => change({ pick: undefined })]]);
  const { data, error } = fleet;
  const isEmpty = data?.nodes.length === 0 && search.service === undefined;
  return (
    <Page
      title="Fleet"
      lead={leadOf(data)}
      {...(!isEmpty && { actions: <ViewSwitch view={view} change={change} /> })}
    >
      {!isEmpty && <FleetBar search={search} replay={data} change={change} />}
      {error !== null && data === undefined && (
        <Failure what="The fleet could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={8} />}
      {isEmpty && (
        <div className={classes["sheet"]}>
          <Nobody />
        </div>
      )}
      {data !== undefined && !isEmpty && (
        <Matter replay={data} search={search} view={view} change={change} />
      )}
    </Page>
  );
};
