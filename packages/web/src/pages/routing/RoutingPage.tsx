import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";

import { explainQuery, routesQuery } from "../../api/routing.ts";
import { completeFilter, indexLabels, parseAlertFilter } from "../../format/alert-filter.ts";
import { FilterBox } from "../../ui/filter-box.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { AlertTabs } from "../alerts/AlertTabs.tsx";
import { useAlertRows } from "../alerts/use-alerts.ts";
import { routeRows } from "./route-tree.ts";
import { ReceiversPanel } from "./ReceiversPanel.tsx";
import { RouteTreeView } from "./RouteTreeView.tsx";
import classes from "./routing.module.css";

const route = getRouteApi("/dashboard/alerts/routing");

/** The labels that are typed as `name=value`. */
const labelsOf = (text: string): { labels: Record<string, string>; problem: string | null } => {
  const { matchers, words, problem } = parseAlertFilter(text);
  const other = matchers.find(({ op }) => op !== "=");
  return {
    labels: Object.fromEntries(matchers.map(({ label, value }) => [label, value])),
    problem:
      problem ??
      (other !== undefined || words.length > 0
        ? "An alert has labels with values: severity=critical team=core"
        : null),
  };
};

/** Where alerts go, and why. */
export const RoutingPage = () => {
  const { labels: typed = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const tree = useQuery(routesQuery());
  const { rows } = useAlertRows();
  const index = useMemo(() => indexLabels(rows.map(({ labels }) => labels)), [rows]);
  const { labels, problem } = labelsOf(typed);
  const asked = Object.keys(labels).length > 0;
  const explained = useQuery({ ...explainQuery(labels), enabled: asked });
  const answer = asked ? explained.data : undefined;
  return (
    <Page title="Routing" lead="Where does an alert go, and why there?">
      <AlertTabs />
      <Panel title="Route tree" flush aside="the first match takes it, unless it goes on">
        <div className={classes["tester"]}>
          <FilterBox
            label="Labels of an alert to test"
            placeholder="Test: labels of an alert, severity=critical service=api"
            value={typed}
            complete={(text, caret) => completeFilter(text, caret, index)}
            problem={problem}
            onChange={(text) =>
              void navigate({
                search: text === "" ? {} : { labels: text },
                replace: true,
                resetScroll: false,
              })
            }
          />
          <p role="status" className={classes["verdict"]}>
            {answer === undefined
              ? "Type labels to see the way of such an alert."
              : `Tells ${answer.receivers.join(", ") || "nobody"}${
                  answer.silenced_by.length > 0 ? "; silenced now" : ""
                }${answer.inhibited_by.length > 0 ? "; inhibited now" : ""}.`}
          </p>
        </div>
        {explained.error !== null && asked && (
          <Failure what="The labels could not be tested" error={explained.error} />
        )}
        {tree.error !== null && tree.data === undefined && (
          <Failure what="The route tree could not be loaded" error={tree.error} />
        )}
        {tree.data === undefined && tree.error === null && <SkeletonRows rows={5} />}
        {tree.data !== undefined && (
          <RouteTreeView rows={routeRows(tree.data.routes, answer)} label="Route tree" />
        )}
      </Panel>
      <ReceiversPanel />
    </Page>
  );
};
