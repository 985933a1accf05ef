import type { ReactNode } from "react";

import { formatDateTime, formatWhen } from "../format/time.ts";
import { useNow } from "../live/live.tsx";
import classes from "./event-list.module.css";

/** Something that happened, in words. `token` is a colour of tokens.css. */
export interface Moment {
  key: string;
  at: string;
  token: string;
  text: ReactNode;
}

/** What happened to one thing, in the order given. */
export const TimelineList = ({ moments }: { moments: readonly Moment[] }) => {
  const now = useNow(60_000);
  return (
    <ol className={classes["list"]}>
      {moments.map(({ key, at, token, text }) => (
        <li key={key} className={classes["line"]}>
          <time className={classes["time"]} dateTime={at} title={formatDateTime(Date.parse(at))}>
            {formatWhen(Date.parse(at), now)}
          </time>
          <span className={classes["dot"]} style={{ background: `var(${token})` }} aria-hidden />
          <span className={classes["text"]}>{text}</span>
        </li>
      ))}
    </ol>
  );
};
