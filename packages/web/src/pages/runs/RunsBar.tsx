import { Button, Menu, SegmentedControl, Select, Switch } from "@mantine/core";
import { IconAlertTriangle, IconColumns3, IconFilter } from "@tabler/icons-react";

import { parseRunsSearch, RUN_HOURS, withoutRun, type RunsSearch } from "../../app/run-search.ts";
import { askedOf, completeRuns, type RunValues } from "../../format/run-filter.ts";
import { Facet } from "../../ui/facet.tsx";
import { FilterBox } from "../../ui/filter-box.tsx";
import { SavedViews, type View } from "../../ui/saved-views.tsx";
import { COLUMN_WORDS, COLUMNS, type Column } from "./run-list.ts";
import classes from "./runs.module.css";

const hoursWord = (hours: number): string => (hours < 24 ? `${hours} h` : `${hours / 24} d`);

const GIVEN: View<RunsSearch>[] = [
  { name: "The last hour", search: {} },
  { name: "With errors", search: { errors: true, hours: 24 } },
  { name: "The longest of a day", search: { hours: 24, sort: "longest" } },
  { name: "The costliest of a week", search: { hours: 168, sort: "costliest" } },
];

const SORTS = [
  { value: "newest", label: "Newest" },
  { value: "longest", label: "Longest" },
  { value: "costliest", label: "Costliest" },
];

interface RunsBarProps {
  search: RunsSearch;
  values: RunValues;
  columns: readonly Column[];
  facetsShown: boolean;
  /** Left out where the facets have room at any time. */
  onFacets: (() => void) | undefined;
  onColumns: (columns: Column[]) => void;
  change: (next: RunsSearch) => void;
}

const Columns = ({ columns, onColumns }: Pick<RunsBarProps, "columns" | "onColumns">) => (
  <Menu position="bottom-end" closeOnItemClick={false}>
    <Menu.Target>
      <Button variant="default" size="xs" leftSection={<IconColumns3 size={14} />}>
        Columns
      </Button>
    </Menu.Target>
    <Menu.Dropdown>
      {COLUMNS.map((column) => (
        <Menu.Item
          key={column}
          role="menuitemcheckbox"
          aria-checked={columns.includes(column)}
          onClick={() =>
            onColumns(COLUMNS.filter((one) => (one === column) !== columns.includes(one)))
          }
        >
          {columns.includes(column) ? "✓ " : "\u2003"}
          {COLUMN_WORDS[column]}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
);

const Second = (props: RunsBarProps) => {
  const { search, change } = props;
  const { errors, ...plain } = search;
  return (
    <div className={classes["second"]}>
      <Facet
        on={errors === true}
        icon={<IconAlertTriangle size={14} />}
        onToggle={() => change(errors === true ? plain : { ...plain, errors: true })}
      >
        With errors
      </Facet>
      <SegmentedControl
        size="xs"
        aria-label="How far back"
        data={RUN_HOURS.map((hours) => ({ value: String(hours), label: hoursWord(hours) }))}
        value={String(search.hours ?? 1)}
        onChange={(value) => {
          const { hours: _, region: _region, ...rest } = search;
          change(value === "1" ? rest : { ...rest, hours: Number(value) });
        }}
      />
      <Select
        size="xs"
        w={116}
        aria-label="Order"
        allowDeselect={false}
        data={SORTS}
        value={search.sort ?? "newest"}
        onChange={(value) => {
          const { sort: _, ...rest } = search;
          change(value === "longest" || value === "costliest" ? { ...rest, sort: value } : rest);
        }}
      />
      <Columns {...props} />
      <Switch
        size="sm"
        label="Live"
        checked={search.live !== false}
        onChange={({ currentTarget: { checked } }) => {
          const { live: _, ...rest } = search;
          change(checked ? rest : { ...rest, live: false });
        }}
      />
    </div>
  );
};

/** What decides which runs are listed, and how. */
export const RunsBar = (props: RunsBarProps) => {
  const { search, values, facetsShown, onFacets, change } = props;
  return (
    <div className={classes["bar"]}>
      {onFacets !== undefined && (
        <Button
          variant="default"
          leftSection={<IconFilter size={15} />}
          aria-expanded={facetsShown}
          onClick={onFacets}
        >
          Filters
        </Button>
      )}
      <FilterBox
        label="Filter runs"
        placeholder="agent:lead tool:search duration>10s env=prod or words of a prompt"
        value={search.q ?? ""}
        complete={(text, caret) => completeRuns(text, caret, values)}
        problem={askedOf(search.q).problem}
        onChange={(q) => {
          const { q: _, ...rest } = search;
          change(q === "" ? rest : { ...rest, q });
        }}
      />
      <SavedViews
        storageKey="fleetlight-run-views"
        given={GIVEN}
        parse={parseRunsSearch}
        search={withoutRun(search)}
        change={change}
      />
      <Second {...props} />
    </div>
  );
};
