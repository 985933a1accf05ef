import type { ErrorGroup } from "@fleetlight/contract";
import { SegmentedControl } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";

import { runErrorsQuery } from "../../api/runs.ts";
import { RUN_HOURS } from "../../app/run-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { BackLink } from "../../ui/back-link.tsx";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Page } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import classes from "./errors.module.css";
import { LongText } from "./LongText.tsx";

const route = getRouteApi("/dashboard/runs/errors");

const SAMPLES = 5;

const Group = ({ group }: { group: ErrorGroup }) => (
  <li className={classes["group"]}>
    <div className={classes["count"]}>
      <span className="num">{formatCount(group.count)}</span>
      <span className="dim">{group.count === 1 ? "time" : "times"}</span>
    </div>
    <div className={classes["what"]}>
      <h2>
        {group.error_type || "Error"} <span className="dim">in {group.subject}</span>
      </h2>
      <p className={classes["message"]}>{group.message || "It did not say why."}</p>
      <p className="dim">
        {[group.service, group.operation, group.agents.join(", ")].filter(Boolean).join(" · ")}
      </p>
      <p className="dim">
        {plural(group.traces, "run")}, first <Ago at={group.first_seen} />, last{" "}
        <Ago at={group.last_seen} />
      </p>
      {group.example !== group.message && group.example !== "" && (
        <details className={classes["example"]}>
          <summary>One of them as it was</summary>
          <LongText label="example" text={group.example} truncated={false} mono />
        </details>
      )}
      <p className={classes["runs"]}>
        {group.trace_ids.slice(0, SAMPLES).map((id) => (
          <Link key={id} to="/dashboard/runs/$runId" params={{ runId: id }} className="mono">
            {id.slice(0, 8)}
          </Link>
        ))}
      </p>
    </div>
  </li>
);

/** What failed, by its cause: of each run the deepest span that failed counts. */
export const RunErrorsPage = () => {
  const { hours = 1 } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error } = useQuery(runErrorsQuery(hours));
  return (
    <Page
      title="Errors by cause"
      lead="What fails, how often, and since when? Of each run the deepest span that failed counts as the cause."
      before={<BackLink to="/dashboard/runs">Runs</BackLink>}
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={RUN_HOURS.map((one) => ({
            value: String(one),
            label: one < 24 ? `${one} h` : `${one / 24} d`,
          }))}
          value={String(hours)}
          onChange={(value) =>
            void navigate({ search: value === "1" ? {} : { hours: Number(value) }, replace: true })
          }
        />
      }
    >
      {data === undefined && error === null && <SkeletonRows rows={6} height={96} />}
      {data === undefined && error !== null && (
        <Failure what="The errors could not be loaded" error={error} />
      )}
      {data !== undefined && data.groups.length === 0 && (
        <div className={classes["sheet"]}>
          <Empty
            icon={<IconCircleCheck size={30} stroke={1.5} />}
            title="Nothing failed in this time"
          />
        </div>
      )}
      {data !== undefined && data.groups.length > 0 && (
        <ul className={classes["sheet"]}>
          {data.groups.map((group) => (
            <Group key={group.id} group={group} />
          ))}
        </ul>
      )}
      {data?.truncated === true && (
        <p className="dim">
          Only {plural(data.failed_spans, "failed span")} were looked at; there are more.
        </p>
      )}
    </Page>
  );
};
