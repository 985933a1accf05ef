import type { MetricName } from "@fleetlight/contract";
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";

import type { MetricsSearch } from "../../app/search.ts";
import { formatCount } from "../../format/units.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import classes from "./metrics.module.css";

const ROW_PX = 50;

interface MetricListProps {
  metrics: MetricName[] | undefined;
  search: MetricsSearch;
  change: (search: MetricsSearch) => void;
}

/** Names that hold every word of the box, in the name itself or in its help. */
const filtered = (metrics: MetricName[], q = ""): MetricName[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return metrics.filter(({ name, help }) => {
    const text = `${name} ${help}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
};

const address = (metric: string, { q, range }: MetricsSearch): MetricsSearch => ({
  metric,
  ...(q !== undefined && { q }),
  ...(range !== undefined && { range }),
});

const Rows = ({ rows, search }: { rows: MetricName[]; search: MetricsSearch }) => {
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing that the compiler would keep is made from it
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const at = rows.findIndex(({ name }) => name === search.metric);
  const arrived = useRef(false);
  useEffect(() => {
    // Only once: a list that jumps while somebody reads it is worse than one that has to be scrolled.
    if (arrived.current || at === -1) return;
    arrived.current = true;
    virtualizer.scrollToIndex(at, { align: "center" });
  }, [at, virtualizer]);
  return (
    <div ref={box} className={classes["names"]} role="region" aria-label="Metrics" tabIndex={0}>
      <ul style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const metric = rows[index];
          if (metric === undefined) return null;
          return (
            <li
              key={metric.name}
              className={classes["metric"]}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Link
                to="/dashboard/explore"
                search={address(metric.name, search)}
                className={classes["metricLink"]}
                data-chosen={metric.name === search.metric || undefined}
                aria-current={metric.name === search.metric ? "true" : undefined}
                resetScroll={false}
                title={metric.help}
              >
                <span className={classes["metricName"]}>{metric.name}</span>
                <span className={classes["metricAbout"]}>
                  <span className={classes["type"]}>{metric.type}</span>
                  <span className="clip">{metric.help}</span>
                  <span className={classes["metricSeries"]}>{formatCount(metric.series)}</span>
                </span>
              </Link>
            </li>
          );
        })}
      </ul>
    </div>
  );
};

/** The browser of metrics: name, type, what it is about, and how many series it has. */
export const MetricList = ({ metrics, search, change }: MetricListProps) => {
  const rows = useMemo(() => filtered(metrics ?? [], search.q), [metrics, search.q]);
  return (
    <section className={classes["browser"]} aria-label="Metric browser">
      <div className={classes["find"]}>
        <TextInput
          aria-label="Find a metric"
          placeholder="Find a metric by name or help"
          leftSection={<IconSearch size={15} />}
          value={search.q ?? ""}
          onChange={({ currentTarget: { value } }) => {
            const { q: _, ...rest } = search;
            change(value === "" ? rest : { ...rest, q: value });
          }}
        />
        <div className={classes["found"]}>
          <span>{metrics === undefined ? "" : `${formatCount(rows.length)} metrics`}</span>
          <span>series</span>
        </div>
      </div>
      {metrics === undefined ? (
        <SkeletonRows rows={12} height={ROW_PX} />
      ) : (
        <Rows rows={rows} search={search} />
      )}
    </section>
  );
};
