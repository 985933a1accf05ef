import type { TraceFacets } from "@fleetlight/contract";
import { useState } from "react";

import type { RunsSearch } from "../../app/run-search.ts";
import { asksFor, narrowed, RUN_FIELDS, toggled } from "../../format/run-filter.ts";
import { formatCount } from "../../format/units.ts";
import classes from "../../ui/facet-column.module.css";

const TITLES: Readonly<Record<TraceFacets["facets"][number]["name"], string>> = {
  service: "Service",
  agent: "Agent",
  operation: "Does",
  tool: "Tool",
  model: "Model",
  workflow: "Workflow",
  user: "User",
  status: "Status",
  error_type: "Error",
  name: "Span",
};

/** Values of a facet that stand there before somebody asks for more. */
const FIRST = 5;

const isField = (name: string): boolean => RUN_FIELDS.some((field) => field === name);

interface RunFacetsProps {
  facets: TraceFacets["facets"];
  search: RunsSearch;
  change: (next: RunsSearch) => void;
}

const Group = ({
  facet: { name, values, truncated },
  search,
  change,
}: Omit<RunFacetsProps, "facets"> & { facet: TraceFacets["facets"][number] }) => {
  const [all, setAll] = useState(false);
  const shown = values.filter(
    ({ value }, index) => all || index < FIRST || asksFor(search.q, name, value),
  );
  return (
    <fieldset className={classes["group"]}>
      <legend className={classes["title"]}>{TITLES[name]}</legend>
      {shown.map(({ value, traces }) => (
        <label key={value} className={classes["value"]}>
          <input
            type="checkbox"
            checked={asksFor(search.q, name, value)}
            onChange={() => {
              const { q: _, ...rest } = search;
              const next = isField(name)
                ? toggled(search.q, name, value)
                : narrowed(search.q, "error.type", value);
              change(next === "" ? rest : { ...rest, q: next });
            }}
          />
          <span className="clip" title={value}>
            {value}
          </span>
          <span className={classes["count"]}>{formatCount(traces)}</span>
        </label>
      ))}
      {values.length > FIRST && (
        <button type="button" className={classes["more"]} onClick={() => setAll(!all)}>
          {all ? "Fewer" : `${values.length - FIRST} more`}
        </button>
      )}
      {all && truncated && <p className="dim">There are more; type one into the filter.</p>}
    </fieldset>
  );
};

/** Facets of the runs, each value with how many runs have it; a click puts it into the filter. */
export const RunFacets = ({ facets, search, change }: RunFacetsProps) => (
  <div className={classes["column"]} role="group" aria-label="Filters">
    {facets
      .filter(({ values }) => values.length > 0)
      .map((facet) => (
        <Group key={facet.name} facet={facet} search={search} change={change} />
      ))}
  </div>
);
