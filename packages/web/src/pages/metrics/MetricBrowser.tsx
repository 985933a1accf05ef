import type { MetricName } from "@fleetlight/contract";
import { TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconSearch } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Link } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { formatCount } from "../../format/units.ts";
import { SkeletonRows } from "../../ui/notes.tsx";
import classes from "./browser.module.css";
import { LabelBrowser } from "./LabelBrowser.tsx";
import type { ChangeSearch } from "./QueryList.tsx";

const ROW_PX = 46;
/** Characters at the end of a name that are always in sight, at least and at most. */
const TAIL_LEAST = 10;
const TAIL_MOST = 20;

/** Where the end of a name begins: at a word, if there is one. */
export const tailOf = (name: string): number => {
  const word = name.lastIndexOf("_", name.length - TAIL_LEAST);
  return Math.max(0, word >= name.length - TAIL_MOST ? word : name.length - TAIL_LEAST);
};

/** How well a name answers what was typed: itself, its beginning, somewhere in it, only in its help. */
const rankOf = (name: string, typed: string): number => {
  if (name === typed) return 0;
  if (name.startsWith(typed)) return 1;
  return name.includes(typed) ? 2 : 3;
};

/** Names that hold every word of the box, in the name itself or in its help; the likeliest first. */
export const filtered = (metrics: readonly MetricName[], q = ""): MetricName[] => {
  const typed = q.trim().toLowerCase();
  const words = typed.split(/\s+/).filter(Boolean);
  const found = metrics.filter(({ name, help }) => {
    const text = `${name} ${help}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (typed === "") return found;
  const rank = new Map(found.map(({ name }) => [name, rankOf(name.toLowerCase(), typed)]));
  return found.toSorted((a, b) => (rank.get(a.name) ?? 3) - (rank.get(b.name) ?? 3));
};

interface MetricBrowserProps {
  metrics: MetricName[] | undefined;
  search: ExploreSearch;
  change: ChangeSearch;
  onMetric: (metric: MetricName) => void;
  onLabel: (metric: MetricName, label: string, value: string) => void;
}

interface RowProps {
  metric: MetricName;
  open: boolean;
  onMetric: () => void;
  onOpen: () => void;
}

/** Names differ at their ends; what does not fit is left out in the middle. */
const Name = ({ text }: { text: string }) => {
  const at = tailOf(text);
  return (
    <>
      <span className="visually-hidden">{text}</span>
      <span className={classes["name"]} aria-hidden>
        <span className="clip">{text.slice(0, at)}</span>
        <span>{text.slice(at)}</span>
      </span>
    </>
  );
};

const Row = ({ metric, open, onMetric, onOpen }: RowProps) => (
  <div className={classes["row"]} data-open={open || undefined}>
    <button
      type="button"
      className={classes["insert"]}
      title={metric.help === "" ? metric.name : metric.help}
      onClick={onMetric}
    >
      <Name text={metric.name} />
      <span className={classes["about"]}>
        <span className={classes["type"]}>{metric.type}</span>
        {metric.unit !== "" && <span className={classes["type"]}>{metric.unit}</span>}
        <span className="clip">{metric.help}</span>
      </span>
    </button>
    <button
      type="button"
      className={classes["open"]}
      aria-expanded={open}
      aria-label={`Labels of ${metric.name}, ${formatCount(metric.series)} series`}
      title="Labels"
      onClick={onOpen}
    >
      <span>{formatCount(metric.series)}</span>
      {open ? <IconChevronDown size={14} /> : <IconChevronRight size={14} />}
    </button>
  </div>
);

const Rows = ({
  rows,
  search,
  change,
  onMetric,
  onLabel,
}: MetricBrowserProps & { rows: MetricName[] }) => {
  const box = useRef<HTMLDivElement>(null);
  // oxlint-disable-next-line react/incompatible-library -- nothing that the compiler would keep is made from it
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.name ?? index,
    overscan: 8,
  });
  return (
    <div ref={box} className={classes["names"]} role="region" aria-label="Metrics" tabIndex={0}>
      <ul style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const metric = rows[index];
          if (metric === undefined) return null;
          const open = search.b === metric.name;
          return (
            <li
              key={metric.name}
              ref={virtualizer.measureElement}
              data-index={index}
              className={classes["item"]}
              style={{ transform: `translateY(${start}px)` }}
            >
              <Row
                metric={metric}
                open={open}
                onMetric={() => onMetric(metric)}
                onOpen={() =>
                  change(({ b: _open, ...rest }) => (open ? rest : { ...rest, b: metric.name }))
                }
              />
              {open && (
                <LabelBrowser
                  metric={metric}
                  onLabel={(label, value) => onLabel(metric, label, value)}
                />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
};

/** Every metric: name, type, unit, help and number of series; a click asks the usual question about it. */
export const MetricBrowser = (props: MetricBrowserProps) => {
  const { metrics, search, change } = props;
  // What is typed is here at once; the address follows when the router gets to it.
  const [typed, setTyped] = useState(search.q ?? "");
  const rows = useMemo(() => filtered(metrics ?? [], typed), [metrics, typed]);
  return (
    <section className={classes["browser"]} aria-label="Metric browser">
      <div className={classes["find"]}>
        <TextInput
          size="xs"
          aria-label="Find a metric"
          placeholder="Find a metric by name or help"
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={({ currentTarget: { value } }) => {
            setTyped(value);
            change(({ q: _q, ...rest }) => (value === "" ? rest : { ...rest, q: value }));
          }}
        />
        <div className={classes["found"]}>
          <span>{metrics === undefined ? "" : `${formatCount(rows.length)} metrics`}</span>
          <Link to="/dashboard/explore/cardinality" className={classes["cardinality"]}>
            Cardinality
          </Link>
        </div>
      </div>
      {metrics === undefined ? (
        <SkeletonRows rows={12} height={ROW_PX} />
      ) : rows.length === 0 ? (
        <p className={classes["none"]}>No metric matches. Try fewer words.</p>
      ) : (
        <Rows {...props} rows={rows} />
      )}
    </section>
  );
};
