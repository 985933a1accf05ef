import type { MetricName, SeriesData } from "@fleetlight/contract";
import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { IconBellPlus, IconDownload, IconFilter } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import type { MetricsSearch, TimeSearch } from "../../app/search.ts";
import { stretchOf, TimeRange, useBounds } from "../../app/time-range.tsx";
import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import type { Line } from "../../charts/chart.tsx";
import { toCsv } from "../../charts/csv.ts";
import { rate } from "../../charts/data.ts";
import { toLines } from "../../charts/lines.ts";
import { formatSelector, parseMatchers } from "../../format/selector.ts";
import { plural } from "../../format/units.ts";
import { useRange } from "../../live/use-range.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure } from "../../ui/notes.tsx";
import classes from "./metrics.module.css";
import {
  chosenIds,
  DRAWN_AT_MOST,
  drawnUnit,
  isCounter,
  selectorOfSearch,
  toggled,
} from "./series-choice.ts";
import { SeriesTable } from "./SeriesTable.tsx";

const HEIGHT = 320;
const NONE: SeriesData[] = [];

interface MetricViewProps {
  metric: MetricName;
  search: MetricsSearch;
  change: (search: MetricsSearch, replace?: boolean) => void;
}

const withTime = (
  { range: _range, from: _from, to: _to, live: _live, ...rest }: MetricsSearch,
  time: TimeSearch,
): MetricsSearch => ({ ...rest, ...time });

/** The box for matchers; the address changes once what is typed can be read. */
const WhereBox = ({ search, change }: Omit<MetricViewProps, "metric">) => {
  const [typed, setTyped] = useState(search.where ?? "");
  const wrong = parseMatchers(typed) === null;
  return (
    <TextInput
      className={classes["where"] ?? ""}
      classNames={{ input: classes["code"] ?? "" }}
      aria-label="Labels"
      placeholder={'Labels, e.g. job="api",code=~"5.."'}
      leftSection={<IconFilter size={15} />}
      value={typed}
      error={wrong && 'Write label="value", with a comma between'}
      onChange={({ currentTarget: { value } }) => {
        setTyped(value);
        if (parseMatchers(value) === null) return;
        const { where: _where, series: _series, ...rest } = search;
        change(value.trim() === "" ? rest : { ...rest, where: value.trim() });
      }}
    />
  );
};

const download = (name: string, text: string): void => {
  const link = document.createElement("a");
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
};

const Head = ({ metric, search }: { metric: MetricName; search: MetricsSearch }) => (
  <div className={classes["head"]}>
    <div className={classes["words"]}>
      <div className={classes["phoneBack"]}>
        <BackLink to="/dashboard/explore">All metrics</BackLink>
      </div>
      <h2 className={classes["title"]}>{metric.name}</h2>
      <p className="dim">
        <span className={classes["type"]}>{metric.type}</span> {metric.help}
      </p>
    </div>
    <Button
      variant="default"
      size="xs"
      renderRoot={(props) => (
        <Link
          to="/dashboard/alerts/rules/new"
          search={{ metric: selectorOfSearch(search) ?? metric.name }}
          {...props}
        />
      )}
      leftSection={<IconBellPlus size={15} />}
    >
      Alert on this
    </Button>
  </div>
);

interface ViewSwitchProps {
  raw: boolean;
  onChange: (raw: boolean) => void;
}

/** A counter as what it grows by, or as what it has come to. */
const ViewSwitch = ({ raw, onChange }: ViewSwitchProps) => (
  <SegmentedControl
    size="xs"
    aria-label="Show"
    data={[
      { value: "rate", label: "Per second" },
      { value: "raw", label: "Total" },
    ]}
    value={raw ? "raw" : "rate"}
    onChange={(view) => onChange(view === "raw")}
  />
);

const LegendHead = ({
  name,
  lines,
  matched,
}: {
  name: string;
  lines: Line[];
  matched: number | undefined;
}) => (
  <div className={classes["legendHead"]}>
    <span className="dim num">
      {matched === undefined
        ? "\u00a0"
        : `${lines.length} of ${plural(matched, "series", "series")} drawn`}
      {(matched ?? 0) > DRAWN_AT_MOST && `, at most ${DRAWN_AT_MOST} at once`}
    </span>
    <Button
      variant="subtle"
      color="gray"
      size="compact-xs"
      leftSection={<IconDownload size={14} />}
      disabled={lines.length === 0}
      onClick={() => download(name, toCsv(lines))}
    >
      CSV
    </Button>
  </div>
);

/** The series of the address: all of them as lines, and those that are drawn. */
const useLines = (metric: MetricName, search: MetricsSearch, asRate: boolean) => {
  const match = selectorOfSearch(search) ?? formatSelector({ name: metric.name, matchers: [] });
  const range = useRange(match, stretchOf(search), { live: search.live !== false });
  const all = range.data?.series ?? NONE;
  const every = useMemo(() => toLines(all, asRate ? rate : undefined), [all, asRate]);
  const ids = useMemo(() => every.map(({ key }) => key), [every]);
  const chosen = useMemo(() => chosenIds(search, ids), [search, ids]);
  const lines = useMemo(() => every.filter(({ key }) => chosen.has(key)), [every, chosen]);
  return { match, range, every, ids, chosen, lines };
};

/** One metric: its series as lines, live, and as a table. */
export const MetricView = ({ metric, search, change }: MetricViewProps) => {
  const counter = isCounter(metric.type, metric.name);
  const asRate = counter && search.view !== "raw";
  const { match, range, every, ids, chosen, lines } = useLines(metric, search, asRate);
  const { from, to } = useBounds(search, range.dataUpdatedAt);
  const unit = drawnUnit(metric.name, metric.unit, asRate);
  const { series: _series, ...withoutSeries } = search;
  const { view: _view, ...withoutView } = search;
  const before = search.range === undefined ? {} : { range: search.range };
  const choose = (series: string | undefined) =>
    change(series === undefined ? withoutSeries : { ...withoutSeries, series });
  return (
    <section className={classes["panel"]} aria-label={metric.name}>
      <Head metric={metric} search={search} />
      <div className={classes["controls"]}>
        <WhereBox search={search} change={change} />
        {counter && (
          <ViewSwitch
            raw={!asRate}
            onChange={(raw) => change(raw ? { ...withoutView, view: "raw" } : withoutView)}
          />
        )}
        <TimeRange search={search} onChange={(next) => change(withTime(search, next))} />
      </div>
      {range.error !== null && (
        <Failure what="The samples could not be loaded" error={range.error} />
      )}
      <div className={classes["chart"]}>
        {range.isPending ? (
          <ChartSkeleton height={HEIGHT} />
        ) : (
          <Chart
            title={`${match}${asRate ? ", per second" : ""}`}
            lines={lines}
            unit={unit}
            from={from}
            to={to}
            height={HEIGHT}
            zeroBased={asRate || unit === "bytes" || unit === "none"}
            onZoom={(start, end) => {
              const zoomed = { ...before, from: Math.round(start), to: Math.round(end) };
              change(withTime(search, zoomed), false);
            }}
            onReset={() => change(withTime(search, before))}
          />
        )}
      </div>
      <LegendHead name={metric.name} lines={lines} matched={range.data?.matched} />
      <SeriesTable
        lines={every}
        chosen={chosen}
        unit={unit}
        onToggle={(id) => choose(toggled(search, ids, id))}
        onOnly={(id) => choose(id)}
      />
    </section>
  );
};
