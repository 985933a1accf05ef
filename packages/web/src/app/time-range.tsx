import { Button, SegmentedControl } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled, IconZoomReset } from "@tabler/icons-react";

import { formatWhen } from "../format/time.ts";
import { useNow } from "../live/live.tsx";
import type { Stretch } from "../live/use-range.ts";
import type { TimeSearch } from "./search.ts";
import { DEFAULT_RANGE, rangeMs, RANGES } from "./search.ts";
import type { RangeName } from "./search.ts";
import classes from "./time-range.module.css";

/** The stretch of time that an address asks for. */
export const stretchOf = ({ range = DEFAULT_RANGE, from, to }: TimeSearch): Stretch =>
  from !== undefined && to !== undefined ? { from, to } : { windowMs: rangeMs(range) };

/** Limits of a chart's time axis, Unix milliseconds; moves along while the address is live. */
export const useBounds = (search: TimeSearch, updatedAt: number): { from: number; to: number } => {
  const stretch = stretchOf(search);
  const now = useNow(2000);
  if ("from" in stretch) return stretch;
  const to = search.live === false ? updatedAt || now : now;
  return { from: to - stretch.windowMs, to };
};

interface TimeRangeProps {
  search: TimeSearch;
  /** Gets the time part of the new address. */
  onChange: (search: TimeSearch) => void;
}

/** Chooses how far back to look and whether to follow; a stretch that was dragged on a chart can be left again. */
export const TimeRange = ({ search, onChange }: TimeRangeProps) => {
  const { range = DEFAULT_RANGE, from, to, live } = search;
  const now = useNow(60_000);
  if (from !== undefined && to !== undefined) {
    return (
      <Button
        variant="default"
        size="xs"
        leftSection={<IconZoomReset size={15} />}
        onClick={() => onChange({ range })}
        title="Back to the time before"
      >
        <span className="num">
          {formatWhen(from, now)} – {formatWhen(to, now)}
        </span>
      </Button>
    );
  }
  const running = live !== false;
  return (
    <div className={classes["group"]}>
      <SegmentedControl
        size="xs"
        aria-label="Time range"
        data={[...RANGES]}
        value={range}
        onChange={(name) =>
          onChange({ range: name as RangeName, ...(running ? {} : { live: false as const }) })
        }
      />
      <Button
        variant="default"
        size="xs"
        aria-pressed={running}
        leftSection={
          running ? <IconPlayerPauseFilled size={13} /> : <IconPlayerPlayFilled size={13} />
        }
        onClick={() => onChange({ range, ...(running ? { live: false as const } : {}) })}
      >
        {running ? "Pause" : "Follow"}
      </Button>
    </div>
  );
};
