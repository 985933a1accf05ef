import type { LogLine } from "@fleetlight/contract";
import { useMediaQuery } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

import { writeLine, type LogsSearch } from "../../app/logs-search.ts";
import { formatDateTime } from "../../format/time.ts";
import { plural } from "../../format/units.ts";
import { clockOf, firstLine, LEVEL_COLOURS, levelWord } from "./log-words.ts";
import classes from "./logs.module.css";

const ROW_PX = 28;
const PHONE_ROW_PX = 48;
/** Rows from the end at which the next page is asked for. */
const NEAR_END = 30;

export const Level = ({ level }: { level: LogLine["level"] }) => (
  <span className={classes["level"]}>
    <span className={classes["dot"]} style={{ background: LEVEL_COLOURS[level] }} aria-hidden />
    {levelWord(level)}
  </span>
);

export const LineText = ({ line }: { line: LogLine }) => (
  <span className={classes["text"]}>
    {line.event !== "" && <span className={classes["event"]}>{line.event}</span>}
    {firstLine(line.body) || <span className="dim">no text</span>}
  </span>
);

interface LogLinesProps {
  lines: readonly LogLine[];
  search: LogsSearch;
  onEnd: () => void;
  /** Called as the list is scrolled to its top or away from it. */
  onTop: (isTop: boolean) => void;
  /** Lines that wait above; shown by a button. */
  waiting: number;
  onShow: () => void;
}

/** The lines, of which only those in sight are drawn. */
export const LogLines = ({ lines, search, onEnd, onTop, waiting, onShow }: LogLinesProps) => {
  const box = useRef<HTMLDivElement>(null);
  const isPhone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  // oxlint-disable-next-line react/incompatible-library -- nothing of it is handed to memoised components
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => (isPhone ? PHONE_ROW_PX : ROW_PX),
    overscan: 12,
    getItemKey: (index) => lines[index]?.id ?? index,
  });
  useEffect(() => virtualizer.measure(), [virtualizer, isPhone]);
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= lines.length - NEAR_END) onEnd();
  }, [last, lines.length, onEnd]);
  const show = () => {
    onShow();
    if (box.current !== null) box.current.scrollTop = 0;
  };
  return (
    <div className={classes["frame"]}>
      {waiting > 0 && (
        <button type="button" className={classes["fresh"]} onClick={show}>
          {plural(waiting, "new line")}
        </button>
      )}
      <div
        ref={box}
        className={classes["lines"]}
        role="region"
        aria-label="Log lines"
        tabIndex={0}
        onScroll={({ currentTarget }) => onTop(currentTarget.scrollTop < 4)}
      >
        <div style={{ height: virtualizer.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const line = lines[item.index];
            if (line === undefined) return null;
            return (
              <Link
                key={item.key}
                to="/dashboard/logs"
                search={{ ...search, line: writeLine(line.id) }}
                replace
                resetScroll={false}
                preload={false}
                className={classes["line"]}
                data-on={search.line === writeLine(line.id) || undefined}
                data-list-item
                style={{ height: item.size, transform: `translateY(${item.start}px)` }}
              >
                <time
                  className={classes["time"]}
                  dateTime={line.time}
                  title={formatDateTime(Date.parse(line.time))}
                >
                  {clockOf(line.time)}
                </time>
                <Level level={line.level} />
                <span className={classes["service"]}>{line.service}</span>
                <LineText line={line} />
              </Link>
            );
          })}
        </div>
      </div>
    </div>
  );
};
