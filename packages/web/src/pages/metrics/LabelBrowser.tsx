import type { MetricName } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { formatCount, plural } from "../../format/units.ts";
import { seriesOf } from "../../promql/client.ts";
import type { LabelCounts } from "../../promql/suggest.ts";
import { countLabels } from "../../promql/suggest.ts";
import { Failure } from "../../ui/notes.tsx";
import classes from "./browser.module.css";

/** Series that are counted; of a larger metric only the first ones. */
const MAX_SERIES = 5000;
/** Values of a label before somebody asks for all. */
const VALUES_AT_FIRST = 6;
const VALUES_AT_MOST = 200;

interface LabelProps {
  counts: LabelCounts;
  onValue: (value: string) => void;
}

const Label = ({ counts: { label, values }, onValue }: LabelProps) => {
  const [all, setAll] = useState(false);
  const shown = values.slice(0, all ? VALUES_AT_MOST : VALUES_AT_FIRST);
  return (
    <li>
      <p className={classes["label"]}>
        <span className="clip">{label}</span>
        <span className="dim">{plural(values.length, "value")}</span>
      </p>
      <ul>
        {shown.map(({ value, series }) => (
          <li key={value}>
            <button
              type="button"
              className={classes["value"]}
              title={`Only ${label}="${value}"`}
              onClick={() => onValue(value)}
            >
              <span className="visually-hidden">Only {label}</span>
              <span className="clip">{value === "" ? '""' : value}</span>
              <span className="dim">{formatCount(series)}</span>
              <span className="visually-hidden">series</span>
            </button>
          </li>
        ))}
      </ul>
      {values.length > shown.length && (
        <button
          type="button"
          className={classes["more"]}
          disabled={all}
          onClick={() => setAll(true)}
        >
          {all
            ? `${formatCount(values.length - shown.length)} more are not listed`
            : `${formatCount(values.length - shown.length)} more`}
        </button>
      )}
    </li>
  );
};

interface LabelBrowserProps {
  metric: MetricName;
  onLabel: (label: string, value: string) => void;
}

/** Labels of a metric with their values, and how many series have each. */
export const LabelBrowser = ({ metric, onLabel }: LabelBrowserProps) => {
  const { data, error } = useQuery({
    queryKey: ["metric-labels", metric.name],
    queryFn: ({ signal }) => seriesOf(metric.name, MAX_SERIES, signal),
    staleTime: 30_000,
  });
  const labels = useMemo(() => countLabels(data ?? []), [data]);
  if (error !== null) return <Failure what="The labels could not be loaded" error={error} />;
  return (
    <div className={classes["labels"]}>
      {metric.help !== "" && <p className={classes["help"]}>{metric.help}</p>}
      {data !== undefined && labels.length === 0 && <p className="dim">It has no labels.</p>}
      <ul>
        {labels.map((counts) => (
          <Label
            key={counts.label}
            counts={counts}
            onValue={(value) => onLabel(counts.label, value)}
          />
        ))}
      </ul>
      {data?.length === MAX_SERIES && (
        <p className="dim">Counted over its first {formatCount(MAX_SERIES)} series.</p>
      )}
    </div>
  );
};
