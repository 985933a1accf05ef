import type { LogHistogram as Histogram, LogLevel, LogLine } from "@fleetlight/contract";
import { Button, SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconBroadcast, IconPlayerPause, IconPlayerPlay, IconZoomOut } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";

import { logHistogramQuery, logLinesQuery, logNamesQuery, logValuesQuery } from "../../api/logs.ts";
import {
  LOG_HOURS,
  LOG_LEVELS,
  readLine,
  withoutParts,
  type LogsSearch,
} from "../../app/logs-search.ts";
import { completeLogs, typedAttribute } from "../../format/log-filter.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Facet } from "../../ui/facet.tsx";
import { FilterBox } from "../../ui/filter-box.tsx";
import { Empty, Failure, SkeletonRows, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { useListKeys } from "../../ui/use-list-keys.ts";
import { LinePanel } from "./LinePanel.tsx";
import { LEVEL_COLOURS } from "./log-words.ts";
import { LogHistogram } from "./LogHistogram.tsx";
import { LogLines } from "./LogLines.tsx";
import classes from "./logs.module.css";
import { mergeLines } from "./merge-lines.ts";
import { Patterns } from "./Patterns.tsx";
import { useTail, type Tail } from "./use-tail.ts";

const route = getRouteApi("/dashboard/logs");

type Change = (next: LogsSearch) => void;

const hoursWord = (hours: number): string => (hours < 24 ? `${hours} h` : `${hours / 24} d`);

const NO_NAMES = { services: [], agents: [], events: [], attributes: [] };

const snippet = (origin: string): string =>
  [
    `curl ${origin}/api/v1/logs \\`,
    `  -d '{"level": "info", "service": "my-service", "msg": "hello"}'`,
  ].join("\n");

const otlp = (origin: string): string =>
  [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
    "export OTEL_LOGS_EXPORTER=otlp",
  ].join("\n");

const isNarrow = ({ q, level, from }: LogsSearch): boolean =>
  q !== undefined || level !== undefined || from !== undefined;

const Nothing = ({ search }: { search: LogsSearch }) =>
  isNarrow(search) ? (
    <Empty title="No line matches">
      <p>Look further back, or try another filter.</p>
    </Empty>
  ) : (
    <Empty title="No log line has come yet" waiting="Waiting for the first line…">
      <p>Send a line, as JSON or plain text:</p>
      <Snippet label="command that sends a line here" text={snippet(window.location.origin)} />
      <p>Or point an OpenTelemetry SDK here:</p>
      <Snippet label="environment that sends logs here" text={otlp(window.location.origin)} />
    </Empty>
  );

/** How many lines a facet would leave: those of its level and above. */
const countFrom = (levels: Histogram["levels"], least: (typeof LOG_LEVELS)[number]): number => {
  const above: readonly LogLevel[] = LOG_LEVELS.slice(LOG_LEVELS.indexOf(least));
  return above.reduce((sum, level) => sum + (levels[level] ?? 0), 0);
};

const Filters = ({ search, change }: { search: LogsSearch; change: Change }) => {
  const names = useQuery(logNamesQuery(search)).data ?? NO_NAMES;
  const typed = typedAttribute(search.q ?? "");
  const values = useQuery(logValuesQuery(search, typed)).data?.values;
  const all = useQuery(logHistogramQuery(withoutParts(search, "level"))).data;
  const toggle = (level: (typeof LOG_LEVELS)[number]) =>
    change(search.level === level ? withoutParts(search, "level") : { ...search, level });
  return (
    <div className={classes["filters"]}>
      <div className={classes["box"]}>
        <FilterBox
          label="Filter log lines"
          placeholder='service:desk "connection refused" -heartbeat user=7'
          value={search.q ?? ""}
          complete={(text, caret) => completeLogs(text, caret, names, values)}
          problem={null}
          onChange={(q) => change(q === "" ? withoutParts(search, "q") : { ...search, q })}
        />
      </div>
      <div className={classes["facets"]} role="group" aria-label="Least level">
        {LOG_LEVELS.map((level) => (
          <Facet
            key={level}
            on={search.level === level}
            icon={
              <span
                className={classes["dot"]}
                style={{ background: LEVEL_COLOURS[level] }}
                aria-hidden
              />
            }
            {...(all !== undefined && { count: countFrom(all.levels, level) })}
            onToggle={() => toggle(level)}
          >
            {level === "fatal" ? "fatal" : `${level}+`}
          </Facet>
        ))}
      </div>
      <SegmentedControl
        size="xs"
        aria-label="How far back"
        data={LOG_HOURS.map((hours) => ({ value: String(hours), label: hoursWord(hours) }))}
        value={search.from === undefined ? String(search.hours ?? 1) : ""}
        onChange={(value) =>
          change({ ...withoutParts(search, "from", "to"), hours: Number(value) })
        }
      />
    </div>
  );
};

const tailWord = ({ phase, dropped }: Tail): string => {
  if (phase === "connecting") return "Connecting…";
  if (phase === "down") return "The connection is lost; trying again.";
  return dropped === 0
    ? "Live."
    : `Live; ${plural(dropped, "line")} came too fast and are only in the store.`;
};

/** Lines that were asked for, and those that came since; new ones wait while somebody reads further down. */
const useLines = (search: LogsSearch) => {
  const isTailing = search.tail === true && search.from === undefined;
  const [isPaused, setPaused] = useState(false);
  // The newest line of the tail when the list was held: what came later waits.
  const [held, setHeld] = useState<string | null>(null);
  const isStill = isTailing || held !== null || search.line !== undefined;
  const asked = useInfiniteQuery(logLinesQuery(search, isStill));
  const tail = useTail(search, isTailing);
  const newest = tail.lines[0]?.id ?? "";
  const hold = useCallback(
    (isHeld: boolean) => setHeld((old) => (isHeld ? (old ?? newest) : null)),
    [newest],
  );
  const onTop = useCallback((isTop: boolean) => hold(!isTop || isPaused), [hold, isPaused]);
  const pause = (next: boolean) => {
    setPaused(next);
    hold(next);
  };
  const place = tail.lines.findIndex(({ id }) => id === held);
  const waiting = held === null ? 0 : place < 0 ? tail.lines.length : place;
  const lines = useMemo(
    () =>
      mergeLines(tail.lines.slice(waiting), asked.data?.pages.flatMap((page) => page.lines) ?? []),
    [tail.lines, waiting, asked.data],
  );
  return { asked, tail, isTailing, isPaused, pause, lines, waiting, onTop };
};

const Lines = ({
  search,
  change,
  found,
}: {
  search: LogsSearch;
  change: Change;
  found: ReturnType<typeof useLines>;
}) => {
  const { asked, lines, waiting, onTop, pause } = found;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  const onEnd = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const histogram = useQuery(logHistogramQuery(search)).data;
  return (
    <>
      {histogram !== undefined && lines.length > 0 && (
        <LogHistogram
          histogram={histogram}
          onRange={(from, to) => change({ ...withoutParts(search, "tail"), from, to })}
        />
      )}
      {asked.error !== null && asked.data === undefined && (
        <Failure what="The log lines could not be loaded" error={asked.error} />
      )}
      <div className={classes["sheet"]}>
        {asked.data === undefined && asked.error === null && <SkeletonRows rows={12} height={28} />}
        {asked.data !== undefined && lines.length === 0 && <Nothing search={search} />}
        {lines.length > 0 && (
          <LogLines
            lines={lines}
            search={search}
            onEnd={onEnd}
            onTop={onTop}
            waiting={waiting}
            onShow={() => pause(false)}
          />
        )}
      </div>
    </>
  );
};

const TailActions = ({ search, change, isPaused, pause }: ActionsProps) => (
  <>
    {search.tail === true && (
      <Button
        size="xs"
        variant="default"
        leftSection={isPaused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
        onClick={() => pause(!isPaused)}
      >
        {isPaused ? "Go on" : "Pause"}
      </Button>
    )}
    <Button
      size="xs"
      variant={search.tail === true ? "light" : "default"}
      aria-pressed={search.tail === true}
      leftSection={<IconBroadcast size={15} />}
      onClick={() => {
        pause(false);
        change(search.tail === true ? withoutParts(search, "tail") : { ...search, tail: true });
      }}
    >
      Live tail
    </Button>
  </>
);

interface ActionsProps {
  search: LogsSearch;
  change: Change;
  isPaused: boolean;
  pause: (next: boolean) => void;
}

const Actions = (props: ActionsProps) => {
  const { search, change } = props;
  return (
    <>
      {search.from !== undefined && (
        <Button
          size="xs"
          variant="default"
          leftSection={<IconZoomOut size={15} />}
          onClick={() => change(withoutParts(search, "from", "to"))}
        >
          Whole range
        </Button>
      )}
      <SegmentedControl
        size="xs"
        aria-label="What is shown"
        data={[
          { value: "lines", label: "Lines" },
          { value: "patterns", label: "Patterns" },
        ]}
        value={search.view ?? "lines"}
        onChange={(value) =>
          change(
            value === "patterns"
              ? { ...withoutParts(search, "tail", "line"), view: "patterns" }
              : withoutParts(search, "view"),
          )
        }
      />
      {search.view === undefined && search.from === undefined && <TailActions {...props} />}
    </>
  );
};

const lineOf = (lines: readonly LogLine[], written: string): LogLine | undefined =>
  lines.find(({ id }) => id === readLine(written));

/** What services and agents wrote; beside it, on a wide screen, the line that is looked at. */
export const LogsPage = () => {
  useListKeys();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change: Change = (next) =>
    void navigate({ search: next, replace: true, resetScroll: false });
  const found = useLines(search);
  const total = useQuery(logHistogramQuery(search)).data?.total ?? 0;
  const wide = useMediaQuery("(min-width: 75em)", undefined, { getInitialValueInEffect: false });
  const beside = search.line !== undefined && (
    <LinePanel search={search} known={lineOf(found.lines, search.line)} />
  );
  if (beside !== false && !wide) return beside;
  return (
    <Page
      title="Logs"
      lead={
        found.isTailing
          ? tailWord(found.tail)
          : total === 0
            ? "What did services and agents write, and when?"
            : `${formatCount(total)} ${total === 1 ? "line" : "lines"}.`
      }
      actions={
        <Actions search={search} change={change} isPaused={found.isPaused} pause={found.pause} />
      }
      {...(beside !== false && { beside })}
    >
      <Filters search={search} change={change} />
      {search.view === "patterns" ? (
        <Patterns search={search} />
      ) : (
        <Lines search={search} change={change} found={found} />
      )}
    </Page>
  );
};
