import type { FleetReplay } from "@fleetlight/contract";
import { Button } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import classes from "./fleet.module.css";

/** Pause between two steps while the range is played. */
const PLAY_MS = 500;

interface TimeSliderProps {
  replay: FleetReplay;
  /** Undefined while the whole range is shown. */
  frame: number | undefined;
  onFrame: (frame: number | undefined) => void;
}

const timeOf = (start: string, long: boolean): string =>
  new Intl.DateTimeFormat(undefined, {
    ...(long && { month: "short", day: "numeric" }),
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(start));

/** Replays the range step by step. */
export const TimeSlider = ({ replay, frame, onFrame }: TimeSliderProps) => {
  const [playing, setPlaying] = useState(false);
  const last = replay.frames.length - 1;
  const long = replay.step_seconds > 600;
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => {
      const next = frame === undefined ? 0 : frame + 1;
      if (next > last) setPlaying(false);
      else onFrame(next);
    }, PLAY_MS);
    return () => clearTimeout(timer);
  }, [playing, frame, last, onFrame]);
  const start = frame === undefined ? undefined : replay.frames[frame]?.start;
  const words =
    start === undefined
      ? "the whole range"
      : `${timeOf(start, long)}, ${Math.round(replay.step_seconds / 60)} min`;
  return (
    <div className={classes["slider"]}>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={playing ? <IconPlayerStop size={14} /> : <IconPlayerPlay size={14} />}
        onClick={() => setPlaying(!playing)}
      >
        {playing ? "Stop" : "Play"}
      </Button>
      <input
        type="range"
        min={0}
        max={last + 1}
        value={frame ?? last + 1}
        aria-label="Moment that is shown"
        aria-valuetext={words}
        onChange={({ currentTarget: { value } }) => {
          setPlaying(false);
          onFrame(Number(value) > last ? undefined : Number(value));
        }}
      />
      <span className={classes["moment"]}>{words}</span>
    </div>
  );
};
