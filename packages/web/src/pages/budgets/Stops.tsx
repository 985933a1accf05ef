import type { Stop } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { makeStop, removeStop, stopsKey, stopsQuery } from "../../api/coordination.ts";
import { plural } from "../../format/units.ts";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { Ago } from "../../ui/time.tsx";
import { tell, tellFailure } from "../../ui/toast.tsx";
import classes from "./budgets.module.css";

const What = ({ stop }: { stop: Stop }) =>
  stop.kind === "run" ? (
    <>
      The run{" "}
      <Link to="/dashboard/runs/$runId" params={{ runId: stop.subject }} className="link">
        {stop.subject.slice(0, 8)}…
      </Link>
    </>
  ) : (
    <>
      The {stop.kind} <strong>{stop.subject}</strong>
    </>
  );

/** What may not go on, until somebody lets it. */
export const Stops = () => {
  const cache = useQueryClient();
  const { data, error } = useQuery(stopsQuery());
  const refresh = () => cache.invalidateQueries({ queryKey: stopsKey });
  const resume = useMutation({
    mutationFn: (stop: Stop) => removeStop(stop.id, "let go on in the console"),
    onSuccess: async (_, { kind, subject, reason, by }) => {
      tell(`The ${kind} may go on.`, () => {
        makeStop({ kind, subject, reason, by }).then(refresh, (failure: Error) =>
          tellFailure("It was not stopped again", failure),
        );
      });
      await refresh();
    },
  });
  if (error !== null && data === undefined)
    return <Failure what="The stops could not be loaded" error={error} />;
  if (data === undefined || data.count === 0) return null;
  return (
    <Panel title="Stopped" aside={plural(data.count, "stop")} flush>
      {resume.error !== null && <Failure what="It was not let go on" error={resume.error} />}
      <ul aria-label="Stops">
        {data.stops.map((stop) => (
          <li key={stop.id} className={classes["stop"]}>
            <div>
              <What stop={stop} />
              <p className="dim">
                {stop.by}, <Ago at={stop.created_at} />: {stop.reason}
              </p>
            </div>
            <Button size="compact-sm" variant="default" onClick={() => resume.mutate(stop)}>
              Let it go on
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
};
