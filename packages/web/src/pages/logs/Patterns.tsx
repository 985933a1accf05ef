import type { LogPattern } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { logPatternsQuery } from "../../api/logs.ts";
import { withoutParts, type LogsSearch } from "../../app/logs-search.ts";
import { formatCount, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Ago } from "../../ui/time.tsx";
import { LEVELS_DOWN, LEVEL_COLOURS, searchFor } from "./log-words.ts";
import classes from "./logs.module.css";

const PLACEHOLDER = /(<[^<>\s]*>)/;

/** A pattern with what differs set apart from the words. */
const Words = ({ pattern }: { pattern: string }) =>
  pattern === "" ? (
    <span className="dim">no text</span>
  ) : (
    pattern.split(PLACEHOLDER).map((part, place) =>
      PLACEHOLDER.test(part) ? (
        // oxlint-disable-next-line react/no-array-index-key -- parts of one text have no other name
        <span key={place} className={classes["variable"]}>
          {part}
        </span>
      ) : (
        part
      ),
    )
  );

const share = (value: number): string =>
  value >= 0.1 ? `${Math.round(value * 100)} %` : `${(value * 100).toPrecision(1)} %`;

const Levels = ({ levels, count }: Pick<LogPattern, "levels" | "count">) => {
  const parts = LEVELS_DOWN.filter((level) => (levels[level] ?? 0) > 0);
  const words = parts.map((level) => `${formatCount(levels[level] ?? 0)} ${level}`).join(", ");
  return (
    <span className={classes["mix"]} role="img" aria-label={words} title={words}>
      {parts.map((level) => (
        <span
          key={level}
          style={{
            width: `${((levels[level] ?? 0) / count) * 100}%`,
            background: LEVEL_COLOURS[level],
          }}
        />
      ))}
    </span>
  );
};

const Row = ({ pattern, search }: { pattern: LogPattern; search: LogsSearch }) => {
  const words = searchFor(pattern);
  const { q: _, ...others } = withoutParts(search, "view", "line");
  const asked = [search.q, words].filter(Boolean).join(" ");
  return (
    <li className={classes["pattern"]}>
      <span className={classes["count"]}>
        <span className="num">{formatCount(pattern.count)}</span>{" "}
        <span className="dim num">{share(pattern.share)}</span>
      </span>
      <Levels levels={pattern.levels} count={pattern.count} />
      <div className={classes["words"]}>
        <Link
          to="/dashboard/logs"
          search={asked === "" ? others : { ...others, q: asked }}
          className={classes["patternLink"]}
          data-list-item
        >
          <Words pattern={pattern.pattern} />
        </Link>
        <span className={classes["sample"]}>
          {pattern.services.join(", ")} · newest: {pattern.sample.body.slice(0, 200)}
        </span>
      </div>
      <span className={classes["seen"]}>
        <Ago at={pattern.last_seen} />
      </span>
    </li>
  );
};

/** Lines that look alike, together. */
export const Patterns = ({ search }: { search: LogsSearch }) => {
  const { data, error } = useQuery(logPatternsQuery(search));
  if (error !== null && data === undefined)
    return <Failure what="The patterns could not be loaded" error={error} />;
  if (data === undefined)
    return (
      <div className={classes["sheet"]}>
        <SkeletonRows rows={8} />
      </div>
    );
  return (
    <div className={classes["sheet"]}>
      {data.patterns.length === 0 && <Empty title="No line matches" />}
      <ul className={classes["patterns"]} aria-label="Patterns">
        {data.patterns.map((pattern) => (
          <Row key={`${pattern.pattern} ${pattern.sample.id}`} pattern={pattern} search={search} />
        ))}
      </ul>
      {data.lines > 0 && (
        <p className={classes["foot"]}>
          {plural(data.patterns.length, "pattern")} of {data.truncated ? "the newest " : ""}
          {plural(data.lines, "line")}
          {data.others > 0 && `; ${plural(data.others, "line")} in rarer ones`}.
        </p>
      )}
    </div>
  );
};
