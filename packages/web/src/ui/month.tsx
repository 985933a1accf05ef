import { ActionIcon, Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";

import { formatClock, formatDateTime } from "../format/time.ts";
import classes from "./month.module.css";

/** Something that lasts, in a calendar. `token` is a colour of tokens.css. */
export interface Stretch {
  key: string;
  from: number;
  to: number;
  title: string;
  token: string;
  /** The link or text that stands in the day. */
  body: ReactNode;
}

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/** Stretches that a day names before it only counts them. */
const NAMED = 3;

const monthName = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });

/** Midnight of each day of the weeks that hold a month, local time. `month` is `2026-11`. */
export const daysOfMonth = (month: string): number[] => {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  const first = new Date(year, number - 1, 1);
  const before = (first.getDay() + 6) % 7;
  const length = new Date(year, number, 0).getDate();
  const count = Math.ceil((before + length) / 7) * 7;
  return Array.from({ length: count }, (_, index) =>
    new Date(year, number - 1, 1 - before + index).getTime(),
  );
};

export const monthOf = (at: number): string => {
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}`;
};

/** The month `by` months from another. */
export const otherMonth = (month: string, by: number): string => {
  const [year = 1970, number = 1] = month.split("-").map(Number);
  return monthOf(new Date(year, number - 1 + by, 1).getTime());
};

const Day = ({
  at,
  next,
  inside,
  today,
  stretches,
}: {
  at: number;
  next: number;
  inside: boolean;
  today: boolean;
  stretches: Stretch[];
}) => {
  const own = stretches.filter(({ from, to }) => from < next && to > at);
  return (
    <li
      className={classes["day"]}
      data-outside={!inside || undefined}
      data-today={today || undefined}
      data-empty={own.length === 0 || undefined}
    >
      <time className={classes["number"]} dateTime={new Date(at).toISOString()}>
        <span className={classes["weekday"]}>{DAYS[(new Date(at).getDay() + 6) % 7]} </span>
        {new Date(at).getDate()}
      </time>
      {own.slice(0, NAMED).map(({ key, from, to, title, token, body }) => (
        <div
          key={key}
          className={classes["stretch"]}
          style={{ borderInlineStartColor: `var(${token})` }}
          title={`${title}, ${formatDateTime(from)} to ${formatDateTime(to)}`}
        >
          <span className={classes["clock"]}>
            {from > at ? formatClock(from, false) : to < next ? `to ${formatClock(to, false)}` : ""}
          </span>{" "}
          {body}
        </div>
      ))}
      {own.length > NAMED && <div className={classes["more"]}>{own.length - NAMED} more</div>}
    </li>
  );
};

interface MonthProps {
  month: string;
  stretches: Stretch[];
  now: number;
  onMonth: (month: string) => void;
}

/** A month with what lasts through its days; on a phone only the days on which there is something. */
export const Month = ({ month, stretches, now, onMonth }: MonthProps) => {
  const days = daysOfMonth(month);
  const name = monthName.format(new Date(`${month}-15T12:00:00`));
  return (
    <div>
      <div className={classes["head"]}>
        <ActionIcon
          variant="default"
          size={32}
          aria-label="The month before"
          onClick={() => onMonth(otherMonth(month, -1))}
        >
          <IconChevronLeft size={16} />
        </ActionIcon>
        <span className={classes["name"]} aria-live="polite">
          {name}
        </span>
        <ActionIcon
          variant="default"
          size={32}
          aria-label="The month after"
          onClick={() => onMonth(otherMonth(month, 1))}
        >
          <IconChevronRight size={16} />
        </ActionIcon>
        <Button
          size="compact-md"
          variant="default"
          disabled={month === monthOf(now)}
          onClick={() => onMonth(monthOf(now))}
        >
          This month
        </Button>
      </div>
      <div className={classes["weekdays"]} aria-hidden>
        {DAYS.map((day) => (
          <span key={day}>{day}</span>
        ))}
      </div>
      <ol className={classes["days"]} aria-label={name}>
        {days.map((at, index) => (
          <Day
            key={at}
            at={at}
            next={days[index + 1] ?? at + 86_400_000}
            inside={monthOf(at) === month}
            today={new Date(at).toDateString() === new Date(now).toDateString()}
            stretches={stretches}
          />
        ))}
      </ol>
    </div>
  );
};
