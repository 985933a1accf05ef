import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { CARDINALITY_TOPS } from "../../app/explore-search.ts";
import type { CardinalitySearch } from "../../app/explore-search.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import type { NamedCount } from "../../promql/client.ts";
import { queryInstant, tsdbStatus } from "../../promql/client.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import classes from "./cardinality.module.css";
import { growthBetween, SERIES_BY_METRIC } from "./growth.ts";
import { selectorOfPair } from "./pair.ts";

const route = getRouteApi("/dashboard/explore/cardinality");
const DEFAULT_TOP = 25;
const REFRESH_MS = 15_000;
const GROWTH_SPAN_MS = 3_600_000;
/** Every series is counted for it, twice. */
const GROWTH_REFRESH_MS = 300_000;

interface ListProps {
  title: string;
  unit: string;
  rows: NamedCount[] | undefined;
  /** Said when there are no rows. */
  none?: string;
  format?: (value: number) => string;
  /** The expression that looks at a row; undefined for rows that are no question. */
  expression?: (name: string) => string | null;
}

const List = ({
  title,
  unit,
  rows,
  none = "Nothing yet",
  format = formatCount,
  expression,
}: ListProps) => {
  const most = Math.max(1, ...(rows ?? []).map(({ value }) => value));
  return (
    <Panel title={title} aside={unit} flush>
      {rows === undefined ? (
        <SkeletonRows rows={10} height={30} />
      ) : rows.length === 0 ? (
        <p className={classes["none"]}>{none}</p>
      ) : (
        <ol className={classes["list"]}>
          {rows.map(({ name, value }) => {
            const asked = expression?.(name) ?? null;
            return (
              <li key={name} className={classes["row"]}>
                <span
                  className={classes["bar"]}
                  style={{ width: `${(value / most) * 100}%` }}
                  aria-hidden
                />
                {asked === null ? (
                  <span className={classes["name"]} title={name}>
                    {name}
                  </span>
                ) : (
                  <Link
                    to="/dashboard/explore"
                    search={{ e: asked, v: "table" }}
                    className={classes["name"]}
                    title={name}
                  >
                    {name}
                  </Link>
                )}
                <span className={classes["value"]}>{format(value)}</span>
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
};

const ofMetric = (name: string) => selectorOfPair(`__name__=${name}`);
const signed = (value: number) => `${value > 0 ? "+" : ""}${formatCount(value)}`;

/** Which metrics have more series than an hour ago. */
const GrowthList = ({ top }: { top: number }) => {
  const { data, error } = useQuery({
    queryKey: ["cardinality-growth"],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const [before, after] = await Promise.all(
        [now - GROWTH_SPAN_MS, now].map((at) => queryInstant(SERIES_BY_METRIC, at, signal)),
      );
      return { before: before?.rows ?? [], after: after?.rows ?? [] };
    },
    refetchInterval: GROWTH_REFRESH_MS,
  });
  if (error !== null && data === undefined)
    return <Failure what="The growth could not be found out" error={error} />;
  const growth = data === undefined ? undefined : growthBetween(data.before, data.after, top);
  return (
    <List
      title="Growth in an hour"
      unit={growth === undefined ? "series" : `series, ${signed(growth.net)} in all`}
      rows={growth?.rows}
      none="No metric has more series than an hour ago"
      format={signed}
      expression={ofMetric}
    />
  );
};

/** Where the series come from: what to look at when they become too many. */
export const CardinalityPage = () => {
  const { top = DEFAULT_TOP } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery({
    queryKey: ["cardinality", top],
    queryFn: ({ signal }) => tsdbStatus(top, signal),
    refetchInterval: REFRESH_MS,
  });
  return (
    <Page
      title="Cardinality"
      before={<BackLink to="/dashboard/explore">Metrics</BackLink>}
      lead={
        data === undefined
          ? "Which metrics and labels make the most series?"
          : `${plural(data.headStats.numSeries, "series", "series")} and ${plural(
              data.headStats.numLabelPairs,
              "label pair",
            )}. Which metrics and labels make the most of them?`
      }
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Rows per list"
          data={CARDINALITY_TOPS.map(String)}
          value={String(top)}
          onChange={(next) =>
            void navigate({
              search: { top: Number(next) } as CardinalitySearch,
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      {error !== null && data === undefined && (
        <Failure what="The figures could not be loaded" error={error} />
      )}
      <div className={classes["grid"]}>
        <List
          title="Metrics"
          unit="series"
          rows={data?.seriesCountByMetricName}
          expression={ofMetric}
        />
        <GrowthList top={top} />
        <List
          title="Label pairs"
          unit="series"
          // Names of metrics are pairs, too; they have a list of their own.
          rows={data?.seriesCountByLabelValuePair.filter(
            ({ name }) => !name.startsWith("__name__="),
          )}
          expression={selectorOfPair}
        />
        <List title="Labels" unit="values" rows={data?.labelValueCountByLabelName} />
        <List
          title="Memory of labels"
          unit="bytes of values"
          rows={data?.memoryInBytesByLabelName}
          format={(value) => formatValue(value, "bytes")}
        />
      </div>
    </Page>
  );
};
