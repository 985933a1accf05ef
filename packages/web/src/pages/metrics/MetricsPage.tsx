import type { MetricName } from "@fleetlight/contract";
import { IconChartLine } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";

import { metricNamesQuery } from "../../api/queries.ts";
import type { MetricsSearch } from "../../app/search.ts";
import { plural } from "../../format/units.ts";
import { Empty, Failure, Snippet } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { firstService } from "../services/first-service.ts";
import classes from "./metrics.module.css";
import { MetricList } from "./MetricList.tsx";
import { MetricView } from "./MetricView.tsx";

const route = getRouteApi("/dashboard/explore");

const Choose = () => (
  <div className={classes["choose"]}>
    <Empty icon={<IconChartLine size={32} stroke={1.4} />} title="Choose a metric">
      <p>
        Its series appear here, live. Type in the box to find one by name or by what it is about.
      </p>
    </Empty>
  </div>
);

const Nothing = () => (
  <div className={classes["choose"]}>
    <Empty title="Nothing has been measured yet" waiting="Waiting for the first samples…">
      <p>Register a service that answers at /metrics, and its metrics appear here:</p>
      <Snippet
        label="command that registers a service"
        text={firstService(window.location.origin)}
      />
    </Empty>
  </div>
);

const unknown = (name: string): MetricName => ({
  name,
  type: "unknown",
  unit: "",
  help: "",
  series: 0,
});

/** Every metric there is, and any of them as a live picture. */
export const MetricsPage = () => {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(metricNamesQuery());
  const change = (next: MetricsSearch, replace = true) =>
    void navigate({ search: next, replace, resetScroll: false });
  const metric = data?.metrics.find(({ name }) => name === search.metric);
  const chosen = metric ?? (search.metric === undefined ? undefined : unknown(search.metric));
  return (
    <Page
      title="Metrics"
      lead={
        data === undefined || data.metrics.length === 0
          ? "What is measured, and how does it go?"
          : `${plural(data.metrics.length, "metric")} in ${plural(
              data.metrics.reduce((sum, { series }) => sum + series, 0),
              "series",
              "series",
            )}. Choose one to see it live.`
      }
    >
      {error !== null && data === undefined && (
        <Failure what="The metrics could not be loaded" error={error} />
      )}
      {data?.metrics.length === 0 ? (
        <Nothing />
      ) : (
        <div className={classes["split"]} data-chosen={chosen !== undefined || undefined}>
          <MetricList metrics={data?.metrics} search={search} change={change} />
          <div className={classes["view"]}>
            {chosen === undefined ? (
              <Choose />
            ) : (
              <MetricView key={chosen.name} metric={chosen} search={search} change={change} />
            )}
          </div>
        </div>
      )}
    </Page>
  );
};
