import { ActionIcon, Button, Popover, TextInput, Tooltip } from "@mantine/core";
import {
  IconChevronLeft,
  IconChevronRight,
  IconClock,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRefresh,
  IconZoomOut,
} from "@tabler/icons-react";
import { useState } from "react";

import type { ExploreRange, ExploreSearch } from "../../app/explore-search.ts";
import { DEFAULT_EXPLORE_RANGE, EXPLORE_RANGES } from "../../app/explore-search.ts";
import type { View } from "../../charts/view.ts";
import { moved, zoomed } from "../../charts/view.ts";
import { formatWhen } from "../../format/time.ts";
import { useNow } from "../../live/live.tsx";
import { stretchOf, withoutView, withTime } from "./explore-state.ts";
import { fromField, toField } from "./time-field.ts";
import type { ChangeSearch } from "./QueryList.tsx";
import classes from "./time-picker.module.css";

interface TimePickerProps {
  search: ExploreSearch;
  change: ChangeSearch;
  fetching: boolean;
  onRefresh: () => void;
}

const viewOf = (search: ExploreSearch, now: number): View => {
  const stretch = stretchOf(search);
  return "windowMs" in stretch ? { from: now - stretch.windowMs, to: now } : stretch;
};

interface AbsoluteProps {
  start: View;
  onApply: (view: View) => void;
}

const Absolute = ({ start, onApply }: AbsoluteProps) => {
  const [from, setFrom] = useState(() => toField(start.from));
  const [to, setTo] = useState(() => toField(start.to));
  const [fromMs, toMs] = [fromField(from), fromField(to)];
  const wrong =
    fromMs === null || toMs === null
      ? "Write both times in full"
      : fromMs >= toMs
        ? "From has to come before to"
        : undefined;
  return (
    <form
      className={classes["absolute"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong === undefined && fromMs !== null && toMs !== null)
          onApply({ from: fromMs, to: toMs });
      }}
    >
      <TextInput
        type="datetime-local"
        step={1}
        size="xs"
        label="From"
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        step={1}
        size="xs"
        label="To"
        value={to}
        error={wrong}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <Button type="submit" size="xs" disabled={wrong !== undefined} title={wrong}>
        Apply
      </Button>
    </form>
  );
};

const RangeMenu = ({ search, change }: Pick<TimePickerProps, "search" | "change">) => {
  const [open, setOpen] = useState(false);
  const now = useNow(60_000);
  const fixed = search.from !== undefined && search.to !== undefined;
  const range = search.range ?? DEFAULT_EXPLORE_RANGE;
  const view = viewOf(search, now);
  const text = fixed
    ? `${formatWhen(view.from, now)} – ${formatWhen(view.to, now)}`
    : `Last ${range}`;
  const apply = (time: Parameters<typeof withTime>[1]) => {
    setOpen(false);
    change((old) => withTime(old, time), false);
  };
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-end"
      trapFocus
      shadow="md"
      width={290}
    >
      <Popover.Target>
        <Button
          variant="default"
          size="xs"
          leftSection={<IconClock size={15} />}
          onClick={() => setOpen(!open)}
          aria-label={`Time range: ${text}`}
        >
          <span className="num">{text}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Time range">
        <div className={classes["ranges"]} role="group" aria-label="Up to now">
          {(Object.keys(EXPLORE_RANGES) as ExploreRange[]).map((name) => (
            <button
              key={name}
              type="button"
              className={classes["range"]}
              aria-pressed={!fixed && name === range}
              onClick={() => apply({ range: name })}
            >
              {name}
            </button>
          ))}
        </div>
        <Absolute key={`${view.from}-${view.to}`} start={view} onApply={apply} />
      </Popover.Dropdown>
    </Popover>
  );
};

/** How far back, or which stretch; earlier, later, wider; and whether to follow. */
export const TimePicker = ({ search, change, fetching, onRefresh }: TimePickerProps) => {
  const fixed = search.from !== undefined;
  const live = !fixed && search.live !== false;
  const shift = (next: (view: View) => View) =>
    change((old) => withTime(old, next(viewOf(old, Date.now()))), false);
  const tool = (label: string, icon: React.ReactNode, onClick: () => void) => (
    <Tooltip label={label} withArrow>
      <ActionIcon variant="default" size={30} aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <div className={classes["picker"]} role="group" aria-label="Time">
      {tool("Earlier", <IconChevronLeft size={16} />, () => shift((view) => moved(view, -0.5)))}
      <RangeMenu search={search} change={change} />
      {tool("Later", <IconChevronRight size={16} />, () => shift((view) => moved(view, 0.5)))}
      {tool("Zoom out", <IconZoomOut size={16} />, () => shift((view) => zoomed(view, 2)))}
      {fixed ? (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlayerPlayFilled size={13} />}
          onClick={() => change(withoutView, false)}
        >
          Back to live
        </Button>
      ) : (
        <Button
          variant="default"
          size="xs"
          aria-pressed={live}
          leftSection={
            live ? <IconPlayerPauseFilled size={13} /> : <IconPlayerPlayFilled size={13} />
          }
          onClick={() =>
            change(({ live: _live, ...rest }) => (live ? { ...rest, live: false } : rest))
          }
        >
          {live ? "Pause" : "Follow"}
        </Button>
      )}
      <Tooltip label="Ask again" withArrow>
        <ActionIcon
          variant="default"
          size={30}
          aria-label="Ask again"
          aria-busy={fetching}
          onClick={onRefresh}
        >
          <IconRefresh size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
};
