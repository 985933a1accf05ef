import { useQuery } from "@tanstack/react-query";

import { runDifferencesQuery } from "../../api/runs.ts";
import type { RunsSearch } from "../../app/run-search.ts";
import { narrowed, RUN_FIELDS, toggled } from "../../format/run-filter.ts";
import { formatCount, formatValue, plural } from "../../format/units.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./differences.module.css";

const SHOWN = 12;

const Meter = ({ share, kind }: { share: number; kind: "in" | "out" }) => (
  <span className={classes["meter"]} data-kind={kind} aria-hidden>
    <span style={{ width: `${share * 100}%` }} />
  </span>
);

interface DifferencesProps {
  search: RunsSearch;
  change: (next: RunsSearch) => void;
}

/** What runs inside of the region have more often than those outside, the clearest first; a click narrows the list to it. */
export const Differences = ({ search, change }: DifferencesProps) => {
  const { data, error } = useQuery(runDifferencesQuery(search));
  if (data === undefined)
    return error === null ? (
      <SkeletonRows rows={4} />
    ) : (
      <Failure what="The region could not be compared" error={error} />
    );
  const { differences, inside, outside, sampled } = data;
  const take = (name: string, value: string) => {
    const isField = RUN_FIELDS.some((field) => field === name);
    change({ ...search, q: (isField ? toggled : narrowed)(search.q, name, value) });
  };
  return (
    <Panel
      title="What differs inside of the rectangle"
      aside={`${plural(inside, "run")} inside, ${formatCount(outside)} outside${sampled ? ", a sample" : ""}`}
    >
      {differences.length === 0 ? (
        <p className="dim">
          {inside === 0
            ? "There is no run in it."
            : outside === 0
              ? "All runs are inside: there is nothing to compare them with."
              : "Runs inside and outside are alike in everything that is known of them."}
        </p>
      ) : (
        <ol className={classes["list"]}>
          {differences.slice(0, SHOWN).map(({ name, value, inside_share, outside_share }) => (
            <li key={`${name}=${value}`}>
              <button type="button" className={classes["what"]} onClick={() => take(name, value)}>
                <span className="dim">{name}</span> <b>{value}</b>
              </button>
              <span className={classes["shares"]}>
                <Meter share={inside_share} kind="in" />
                <span className="num">{formatValue(inside_share, "ratio")} inside</span>
                <Meter share={outside_share} kind="out" />
                <span className="num dim">{formatValue(outside_share, "ratio")} outside</span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
};
