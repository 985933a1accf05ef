import type { MetricName } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconListSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";

import { metricNamesQuery } from "../../api/queries.ts";
import type { ExploreSearch } from "../../app/explore-search.ts";
import { plural } from "../../format/units.ts";
import { addMatcher, suggestQuery, suggestWith } from "../../promql/suggest.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Failure } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { insertQuery, queriesOf, setExpression } from "./explore-state.ts";
import { FirstMetrics } from "./FirstMetrics.tsx";
import { MetricBrowser } from "./MetricBrowser.tsx";
import classes from "./metrics.module.css";
import type { ChangeSearch } from "./QueryList.tsx";
import { Results } from "./Results.tsx";

const route = getRouteApi("/dashboard/explore");

/** Adds a matcher wherever the page speaks of the metric, else asks about the metric anew. */
const withLabel =
  (metric: MetricName, label: string, value: string) =>
  (search: ExploreSearch): ExploreSearch => {
    let result = search;
    let added = false;
    for (const [index, { expression }] of queriesOf(search).entries()) {
      const next = addMatcher(expression, metric.name, label, value);
      if (next === null) continue;
      added = true;
      result = setExpression(index, next)(result);
    }
    return added ? result : insertQuery(suggestWith(metric, label, value))(search);
  };

const leadOf = (metrics: MetricName[] | undefined): string => {
  if (metrics === undefined || metrics.length === 0) return "What is measured, and how does it go?";
  const series = metrics.reduce((sum, metric) => sum + metric.series, 0);
  return `Ask anything of ${plural(metrics.length, "metric")} in ${plural(series, "series", "series")}.`;
};

/** Every metric there is, and the answer to any question about them. */
export const MetricsPage = () => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(metricNamesQuery());
  const [browsing, setBrowsing] = useState(false);
  const small = useMediaQuery("(max-width: 62em)", false, { getInitialValueInEffect: false });
  const change: ChangeSearch = (next, replace = true) =>
    void navigate({ search: (old) => next(old as ExploreSearch), replace, resetScroll: false });
  const browser = (
    <MetricBrowser
      metrics={data?.metrics}
      search={search}
      change={change}
      onMetric={(metric) => {
        setBrowsing(false);
        change(insertQuery(suggestQuery(metric)), false);
      }}
      onLabel={(metric, label, value) => {
        setBrowsing(false);
        change(withLabel(metric, label, value), false);
      }}
    />
  );
  if (data?.metrics.length === 0 && search.e === undefined) {
    return (
      <Page title="Metrics" lead={leadOf(data.metrics)}>
        <FirstMetrics />
      </Page>
    );
  }
  return (
    <Results search={search} change={change} lead={leadOf(data?.metrics)}>
      {error !== null && data === undefined && (
        <Failure what="The metrics could not be loaded" error={error} />
      )}
      {small ? (
        <Button
          variant="default"
          leftSection={<IconListSearch size={16} />}
          onClick={() => setBrowsing(true)}
        >
          Browse metrics
        </Button>
      ) : (
        <div className={classes["side"]}>{browser}</div>
      )}
      {small && browsing && (
        <Dialog title="Metrics" onClose={() => setBrowsing(false)} width={560}>
          <div className={classes["drawer"]}>{browser}</div>
        </Dialog>
      )}
    </Results>
  );
};
