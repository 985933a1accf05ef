import { Button, SegmentedControl } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";
import { useMemo } from "react";

import type { AlertsSearch } from "../../app/alert-search.ts";
import { FACETS, parseAlertsSearch } from "../../app/alert-search.ts";
import { completeFilter, indexLabels } from "../../format/alert-filter.ts";
import { FilterBox } from "../../ui/filter-box.tsx";
import { SavedViews, type View } from "../../ui/saved-views.tsx";
import type { AlertRow } from "./alert-rows.ts";
import type { Selection } from "./alert-select.ts";
import classes from "./alerts-page.module.css";

const GIVEN: View<AlertsSearch>[] = [
  { name: "Everything", search: {} },
  { name: "Nobody is on it", search: { state: ["firing"], quiet: ["nothing"] } },
  {
    name: "Critical and high",
    search: { state: ["firing"], severity: ["critical", "high", "error"] },
  },
  { name: "As notifications group", search: { view: "groups" } },
];

interface BarProps {
  search: AlertsSearch;
  selection: Selection;
  all: readonly AlertRow[];
  facetsShown: boolean;
  /** Left out where the facets have room at any time. */
  onFacets: (() => void) | undefined;
  change: (next: AlertsSearch) => void;
}

/** What decides which alerts are listed, and how. */
export const FilterBar = ({ search, selection, all, facetsShown, change, onFacets }: BarProps) => {
  const index = useMemo(() => indexLabels(all.map(({ labels }) => labels)), [all]);
  const chosen = FACETS.reduce((sum, facet) => sum + (search[facet]?.length ?? 0), 0);
  return (
    <div className={classes["bar"]}>
      {onFacets !== undefined && (
        <Button
          variant="default"
          leftSection={<IconFilter size={15} />}
          aria-expanded={facetsShown}
          onClick={onFacets}
        >
          Filters{chosen > 0 && ` (${chosen})`}
        </Button>
      )}
      <FilterBox
        label="Filter alerts"
        placeholder='Filter: severity="critical" service=~"api.*" or words'
        value={search.q ?? ""}
        complete={(text, caret) => completeFilter(text, caret, index)}
        problem={selection.problem}
        onChange={(q) => {
          const { q: _, ...rest } = search;
          change(q === "" ? rest : { ...rest, q });
        }}
      />
      <SegmentedControl
        aria-label="Order"
        data={[
          { value: "flat", label: "List" },
          { value: "groups", label: "Groups" },
        ]}
        value={search.view ?? "flat"}
        onChange={(view) => {
          const { view: _, ...rest } = search;
          change(view === "groups" ? { ...rest, view } : rest);
        }}
      />
      <SavedViews
        storageKey="fleetlight-alert-views"
        given={GIVEN}
        parse={parseAlertsSearch}
        search={search}
        change={change}
      />
    </div>
  );
};
