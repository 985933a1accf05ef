import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { CARDINALITY_TOPS } from "../../app/explore-search.ts";
import type { CardinalitySearch } from "../../app/explore-search.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import type { NamedCount } from "../../promql/client.ts";
import { tsdbStatus } from "../../promql/client.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import classes from "./cardinality.module.css";
import { selectorOfPair } from "./pair.ts";

const route = getRouteApi("/dashboard/explore/cardinality");
const DEFAULT_TOP = 25;
const REFRESH_MS = 15_000;

interface ListProps {
  title: string;
  unit: string;
  rows: NamedCount[] | undefined;
  format?: (value: number) => string;
  /** The expression that looks at a row; undefined for rows that are no question. */
  expression?: (name: string) => string | null;
}

const List = ({ title, unit, rows, format = formatCount, expression }: ListProps) => {
  const most = Math.max(1, ...(rows ?? []).map(({ value }) => value));
  return (
    <Panel title={title} aside={unit} flush>
      {rows === undefined ? (
        <SkeletonRows rows={10} height={30} />
      ) : rows.length === 0 ? (
        <p className={classes["none"]}>Nothing yet</p>
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
          expression={(name) => selectorOfPair(`__name__=${name}`)}
        />
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
