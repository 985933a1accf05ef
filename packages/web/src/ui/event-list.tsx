import type { FleetEvent } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";

import { formatDateTime, formatWhen } from "../format/time.ts";
import { useNow } from "../live/live.tsx";
import classes from "./event-list.module.css";
import { eventText, eventToken } from "./event-text.ts";

interface EventListProps {
  events: FleetEvent[];
  /** The service's name is left out where the page is about it. */
  withService?: boolean;
}

/** What happened, newest first. */
export const EventLines = ({ events, withService = true }: EventListProps) => {
  const now = useNow(60_000);
  return (
    <ol className={classes["list"]}>
      {events.map((event) => {
        const at = Date.parse(event.at);
        return (
          <li key={event.id} className={classes["line"]}>
            <time className={classes["time"]} dateTime={event.at} title={formatDateTime(at)}>
              {formatWhen(at, now)}
            </time>
            <span
              className={classes["dot"]}
              style={{ background: `var(${eventToken(event)})` }}
              aria-hidden
            />
            <span className={classes["text"]}>
              {withService && event.service !== "" && (
                <>
                  <Link
                    to="/dashboard/services/$serviceId"
                    params={{ serviceId: event.service }}
                    className={classes["service"]}
                  >
                    {event.service}
                  </Link>{" "}
                </>
              )}
              {eventText(event)}
            </span>
          </li>
        );
      })}
    </ol>
  );
};
