import type { TraceSummary } from "@fleetlight/contract";
import { SegmentedControl, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { runsQuery } from "../../api/runs.ts";
import { RUN_HOURS, type RunsSearch } from "../../app/run-search.ts";
import { MISSING, formatCount, formatValue, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import table from "../../ui/table.module.css";
import { Ago } from "../../ui/time.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { money, runState } from "./run-words.ts";
import { RunMark } from "./RunMark.tsx";
import classes from "./runs.module.css";

const route = getRouteApi("/dashboard/runs");

const hoursWord = (hours: number): string => (hours < 24 ? `${hours} h` : `${hours / 24} d`);

const Row = ({ run, longest }: { run: TraceSummary; longest: number }) => (
  <li className={classes["row"]}>
    <RunMark state={runState(run)} />
    <div className={classes["what"]}>
      <Link
        to="/dashboard/runs/$runId"
        params={{ runId: run.trace_id }}
        className={[classes["name"], table["cover"]].filter(Boolean).join(" ")}
        data-list-item
      >
        {run.workflow || run.name || run.trace_id.slice(0, 8)}
      </Link>
      <div className={classes["detail"]}>
        {[run.service, run.agents.join(", ")].filter(Boolean).join(" · ")}
      </div>
    </div>
    <span className={classes["lasted"]}>
      <span className="num">{formatValue(run.duration_seconds, "seconds")}</span>
      <span className={classes["track"]} aria-hidden>
        <span style={{ width: `${Math.max(1, (run.duration_seconds / longest) * 100)}%` }} />
      </span>
    </span>
    <span className={classes["figures"]}>
      <span>
        <span className="num">{formatCount(run.spans)}</span> <span className="dim">spans</span>
      </span>
      <span>
        <span className="num">
          {run.input_tokens + run.output_tokens === 0
            ? MISSING
            : formatCount(run.input_tokens + run.output_tokens)}
        </span>{" "}
        <span className="dim">tokens</span>
      </span>
      <span className="num">{money(run.cost_usd)}</span>
    </span>
    <span className={classes["when"]}>
      <Ago at={run.start} />
    </span>
  </li>
);

const snippet = (origin: string): string =>
  [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    "export OTEL_SERVICE_NAME=my-agents",
  ].join("\n");

const Nothing = ({ search }: { search: RunsSearch }) =>
  search.q === undefined && search.errors === undefined ? (
    <Empty title="No run has come yet" waiting="Waiting for the first span…">
      <p>
        Point any OpenTelemetry SDK here. Agents of the Vercel AI SDK, LangGraph, OpenAI Agents,
        Traceloop and Langfuse are understood as they are:
      </p>
      <Snippet label="environment that sends spans here" text={snippet(window.location.origin)} />
    </Empty>
  ) : (
    <Empty title="No run matches">
      <p>Look further back, or try another filter.</p>
    </Empty>
  );

/** What the fleet has done, the newest first. */
export const RunsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const runs = useQuery(runsQuery(search));
  const all = runs.data?.traces ?? [];
  const longest = Math.max(1e-9, ...all.map(({ duration_seconds }) => duration_seconds));
  const change = (next: RunsSearch) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const { q: _, ...others } = search;
  const { errors, ...plain } = search;
  return (
    <Page
      title="Runs"
      lead={
        all.length === 0
          ? "What did the agents do, how long did it take, and what did it cost?"
          : `${plural(all.length, "run")}, ${plural(all.filter((run) => run.errors > 0).length, "of them with an error", "of them with errors")}.`
      }
    >
      <div className={classes["filters"]}>
        <TextInput
          className={classes["box"] ?? ""}
          aria-label="Filter runs"
          placeholder="agent:lead, tool:search, model:…, service:…, or attribute=value"
          leftSection={<IconSearch size={15} />}
          value={search.q ?? ""}
          onChange={({ currentTarget: { value } }) =>
            change(value === "" ? others : { ...others, q: value })
          }
        />
        <Facet
          on={errors === true}
          icon={<IconAlertTriangle size={14} />}
          onToggle={() => change(errors === true ? plain : { ...plain, errors: true })}
        >
          With errors
        </Facet>
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={RUN_HOURS.map((hours) => ({ value: String(hours), label: hoursWord(hours) }))}
          value={String(search.hours ?? 1)}
          onChange={(value) => change({ ...search, hours: Number(value) })}
        />
      </div>
      {runs.error !== null && runs.data === undefined && (
        <Failure what="The runs could not be loaded" error={runs.error} />
      )}
      <div className={classes["sheet"]}>
        {runs.data === undefined && runs.error === null && <SkeletonRows rows={10} />}
        {runs.data !== undefined && all.length === 0 && <Nothing search={search} />}
        {all.length > 0 && (
          <ul className={classes["list"]}>
            {all.map((run) => (
              <Row key={run.trace_id} run={run} longest={longest} />
            ))}
          </ul>
        )}
      </div>
    </Page>
  );
};
