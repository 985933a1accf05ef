import { useState } from "react";

import type { AlertsSearch, FacetName } from "../../app/alert-search.ts";
import { FACETS, toggleFacet } from "../../app/alert-search.ts";
import { formatCount } from "../../format/units.ts";
import type { FacetCounts } from "./alert-select.ts";
import classes from "../../ui/facet-column.module.css";

const TITLES: Record<FacetName, string> = {
  state: "State",
  severity: "Severity",
  quiet: "Kept quiet",
  service: "Service",
  rule: "Rule",
  receiver: "Receiver",
};

const WORDS: Record<string, string> = {
  firing: "Firing",
  pending: "Pending",
  nothing: "Not at all",
  silenced: "Silenced",
  acknowledged: "Acknowledged",
  inhibited: "Inhibited",
  maintenance: "In maintenance",
  dependency: "Cause is elsewhere",
  muted: "Muted by the hour",
};

/** Values of a facet that stand there before somebody asks for more. */
const FIRST = 6;

const wordOf = (facet: FacetName, value: string): string =>
  facet === "state" || facet === "quiet" ? (WORDS[value] ?? value) : value;

const FacetGroup = ({
  facet,
  counts,
  search,
  change,
}: {
  facet: FacetName;
  counts: [string, number][];
  search: AlertsSearch;
  change: (next: AlertsSearch) => void;
}) => {
  const [all, setAll] = useState(false);
  const chosen = search[facet] ?? [];
  const shown = counts.filter(([value], index) => all || index < FIRST || chosen.includes(value));
  if (counts.length === 0) return null;
  return (
    <fieldset className={classes["group"]}>
      <legend className={classes["title"]}>{TITLES[facet]}</legend>
      {shown.map(([value, count]) => (
        <label key={value} className={classes["value"]}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() => change(toggleFacet(search, facet, value))}
          />
          <span className="clip" title={value}>
            {wordOf(facet, value)}
          </span>
          <span className={classes["count"]}>{formatCount(count)}</span>
        </label>
      ))}
      {counts.length > FIRST && (
        <button type="button" className={classes["more"]} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${counts.length - FIRST} more`}
        </button>
      )}
    </fieldset>
  );
};

/** Facets of the alerts, each with how many it would leave. */
export const FacetColumn = ({
  counts,
  search,
  change,
}: {
  counts: FacetCounts;
  search: AlertsSearch;
  change: (next: AlertsSearch) => void;
}) => (
  <div className={classes["column"]} role="group" aria-label="Filters">
    {FACETS.map((facet) => (
      <FacetGroup
        key={facet}
        facet={facet}
        counts={counts[facet]}
        search={search}
        change={change}
      />
    ))}
  </div>
);
