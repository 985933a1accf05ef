import type { Schedule } from "@fleetlight/contract";
import { ActionIcon, Button, SegmentedControl } from "@mantine/core";
import {
  IconCalendarDown,
  IconChevronLeft,
  IconChevronRight,
  IconUserPlus,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useMemo, useState } from "react";

import { finalQuery } from "../../api/on-call.ts";
import { onCallPaths } from "../../api/paths.ts";
import type { OnCallSearch } from "../../app/alert-search.ts";
import { huesOf } from "../../charts/colours.ts";
import { useNow } from "../../live/live.tsx";
import { monthOf, otherMonth } from "../../ui/month.tsx";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./on-call.module.css";
import { OverrideDialog, Overrides } from "./Overrides.tsx";
import { addDays, DAY_MS, dateText, rowsOf, weekOf } from "./schedule-view.ts";
import { ScheduleBars } from "./ScheduleBars.tsx";

const route = getRouteApi("/dashboard/alerts/on-call");

const spanOf = (search: OnCallSearch, now: number) => {
  const month = search.span === "month";
  const chosen = search.from === undefined ? now : Date.parse(`${search.from}T12:00:00`);
  const start = month ? Date.parse(`${monthOf(chosen)}-01T00:00:00`) : weekOf(chosen);
  const end = month
    ? Date.parse(`${otherMonth(monthOf(chosen), 1)}-01T00:00:00`)
    : addDays(start, 7);
  return { month, start, end, days: Math.round((end - start) / DAY_MS) };
};

type Span = ReturnType<typeof spanOf>;

/** Leads to other days, and puts what is shown into the address. */
const Tools = ({ span, now, children }: { span: Span; now: number; children: ReactNode }) => {
  const { month, start, end } = span;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const unit = month ? "month" : "week";
  const go = (from: number | null, byMonth = month) =>
    void navigate({
      search: {
        ...(search.schedule !== undefined && { schedule: search.schedule }),
        ...(from !== null && { from: dateText(from) }),
        ...(byMonth && { span: "month" as const }),
      },
      replace: true,
      resetScroll: false,
    });
  return (
    <div className={classes["bar-tools"]}>
      <ActionIcon
        variant="default"
        size={32}
        aria-label={`The ${unit} before`}
        onClick={() => go(addDays(start, month ? -1 : -7))}
      >
        <IconChevronLeft size={16} />
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={32}
        aria-label={`The ${unit} after`}
        onClick={() => go(end)}
      >
        <IconChevronRight size={16} />
      </ActionIcon>
      <Button size="compact-md" variant="default" onClick={() => go(null)}>
        Today
      </Button>
      <span className={classes["spanText"]}>
        {dateText(start)} to {dateText(end - 1)}
      </span>
      <SegmentedControl
        aria-label="How much"
        data={[
          { value: "week", label: "Week" },
          { value: "month", label: "Month" },
        ]}
        value={unit}
        onChange={(value) => go(now >= start && now < end ? null : start, value === "month")}
      />
      {children}
    </div>
  );
};

/** One schedule as a calendar: who counts, and what each layer would give. */
export const SchedulePanel = ({ schedule }: { schedule: Schedule }) => {
  const now = useNow(30_000);
  const span = spanOf(route.useSearch(), now);
  const { start, end, days } = span;
  const [standingIn, setStandingIn] = useState(false);
  const { data, error } = useQuery(
    finalQuery(schedule.id, new Date(start).toISOString(), new Date(end).toISOString()),
  );
  const rows = useMemo(() => {
    const names = schedule.layers.map(({ name }) => name);
    return data === undefined ? [] : rowsOf(data, names, start, end);
  }, [data, schedule, start, end]);
  const hues = useMemo(
    () => huesOf([...new Set(schedule.layers.flatMap(({ people }) => people))]),
    [schedule],
  );
  return (
    <Panel
      title={schedule.name}
      aside={
        <a
          href={onCallPaths.calendar(schedule.id)}
          download={`${schedule.id}.ics`}
          className={classes["textLink"]}
        >
          <IconCalendarDown size={14} aria-hidden /> iCalendar
        </a>
      }
    >
      {schedule.description !== "" && <p className="dim">{schedule.description}</p>}
      <Tools span={span} now={now}>
        <Button
          variant="default"
          leftSection={<IconUserPlus size={16} />}
          onClick={() => setStandingIn(true)}
        >
          Stand in…
        </Button>
      </Tools>
      {error !== null && data === undefined && (
        <Failure what="The calendar could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={3} />}
      {data !== undefined && (
        <ScheduleBars
          label={`${schedule.name}, ${dateText(start)} to ${dateText(end - 1)}`}
          rows={rows}
          start={start}
          days={days}
          now={now}
          hues={hues}
        />
      )}
      <p className="dim">
        Turns change by {schedule.time_zone}; the calendar shows this browser's time.
      </p>
      <Overrides schedule={schedule} />
      {standingIn && <OverrideDialog schedule={schedule} onClose={() => setStandingIn(false)} />}
    </Panel>
  );
};
