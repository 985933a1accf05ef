import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { explainQuery, routesQuery } from "../../api/routing.ts";
import { draftText } from "../silences/silence-draft.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { litRows, routeRows } from "../routing/route-tree.ts";
import { RouteTreeView } from "../routing/RouteTreeView.tsx";
import classes from "./alert-page.module.css";

/** Why an alert goes to those who are told: the part of the tree that it takes. */
export const AlertRoute = ({ labels }: { labels: Record<string, string> }) => {
  const tree = useQuery(routesQuery());
  const explained = useQuery(explainQuery(labels));
  const error =
    (tree.data === undefined ? tree.error : null) ??
    (explained.data === undefined ? explained.error : null);
  const test = draftText(
    Object.entries(labels).map(([label, value]) => ({ label, op: "=" as const, value })),
  );
  return (
    <Panel
      title="Why them"
      flush
      aside={
        <Link
          to="/dashboard/alerts/routing"
          search={{ labels: test }}
          className={classes["textLink"]}
        >
          Whole tree
        </Link>
      }
    >
      {error !== null && <Failure what="The way could not be loaded" error={error} />}
      {error === null && (tree.data === undefined || explained.data === undefined) && (
        <SkeletonRows rows={2} />
      )}
      {tree.data !== undefined && explained.data !== undefined && (
        <RouteTreeView
          rows={litRows(routeRows(tree.data.routes, explained.data))}
          label="Routes that this alert takes"
          brief
        />
      )}
    </Panel>
  );
};
