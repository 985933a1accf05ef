import type { SeriesList, Service } from "@fleetlight/contract";
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";

import { seriesQuery } from "../../api/queries.ts";
import { formatSelector, parseSelector, selectorOf } from "../../format/selector.ts";
import { formatCount, formatValue, unitOf } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./service-metrics.module.css";

/** Labels that are the same on every series of a service. */
const SHARED = new Set(["__name__", "service", "job", "instance"]);
const ROW_PX = 34;

type Series = SeriesList["series"][number];

const words = ({ labels }: Series): string =>
  Object.entries(labels)
    .filter(([name]) => !SHARED.has(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");

const order = (a: Series, b: Series): number =>
  (a.labels["__name__"] ?? "").localeCompare(b.labels["__name__"] ?? "") ||
  words(a).localeCompare(words(b));

/** The inside of the braces that picks exactly this series. */
const matchersOf = (series: Series): string => {
  const selector = parseSelector(selectorOf(series.labels));
  return selector === null ? "" : formatSelector({ ...selector, name: "" }).slice(1, -1);
};

const SeriesRow = ({ series, top }: { series: Series; top: number }) => {
  const name = series.labels["__name__"] ?? "";
  return (
    <li className={classes["row"]} style={{ transform: `translateY(${top}px)` }}>
      <Link
        to="/dashboard/explore"
        search={{ metric: name, where: matchersOf(series) }}
        className={classes["name"]}
        title={selectorOf(series.labels)}
      >
        {name} <span className={classes["labels"]}>{words(series)}</span>
      </Link>
      <span className={classes["value"]}>{formatValue(series.value, unitOf(name))}</span>
    </li>
  );
};

const Rows = ({ rows }: { rows: Series[] }) => {
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing that the compiler would keep is made from it
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  return (
    <div
      ref={box}
      className={classes["box"]}
      tabIndex={0}
      role="region"
      aria-label="Series of this service"
    >
      <ul className={classes["list"]} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const series = rows[index];
          return series === undefined ? null : (
            <SeriesRow key={series.id} series={series} top={start} />
          );
        })}
      </ul>
    </div>
  );
};

/** Everything that a service measures, with the latest values; each row opens its graph. */
export const ServiceMetrics = ({ service }: { service: Service }) => {
  const [filter, setFilter] = useState("");
  const match = formatSelector({
    name: "",
    matchers: [{ label: "service", op: "=", value: service.id }],
  });
  const { data, error } = useQuery(seriesQuery(match, 5000));
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return (data?.series ?? [])
      .filter((series) => {
        const text = `${series.labels["__name__"] ?? ""} ${words(series)}`.toLowerCase();
        return wanted.every((word) => text.includes(word));
      })
      .toSorted(order);
  }, [data, filter]);
  return (
    <Panel
      title="Metrics"
      flush
      aside={
        <>
          <span>{data === undefined ? "" : `${formatCount(data.matched)} series`}</span>
          <TextInput
            size="xs"
            aria-label="Filter the metrics"
            placeholder="Filter"
            leftSection={<IconSearch size={13} />}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        </>
      }
    >
      {error !== null && data === undefined && (
        <Failure what="The metrics could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={12} height={ROW_PX} />}
      {data?.series.length === 0 && (
        <Empty title="It has not measured anything yet" waiting="Waiting for the first scrape…" />
      )}
      {data !== undefined && data.series.length > 0 && rows.length === 0 && (
        <Empty title={`No metric matches “${filter}”`} />
      )}
      {rows.length > 0 && <Rows rows={rows} />}
    </Panel>
  );
};
