import { Button } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { MAX_QUERIES } from "../../app/explore-search.ts";
import type { Query } from "./explore-state.ts";
import {
  addQuery,
  moveQuery,
  removeQuery,
  rename,
  setExpression,
  setHidden,
  setLegend,
} from "./explore-state.ts";
import { QueryDialog } from "./QueryDialog.tsx";
import type { QueryStatus } from "./QueryRow.tsx";
import { QueryRow } from "./QueryRow.tsx";
import classes from "./metrics.module.css";

/** Changes the address; what only adjusts the view replaces the entry of the browser's history. */
export type ChangeSearch = (
  change: (search: ExploreSearch) => ExploreSearch,
  replace?: boolean,
) => void;

interface QueryListProps {
  queries: Query[];
  statuses: Map<string, QueryStatus>;
  change: ChangeSearch;
  /** Asks again, although nothing has changed. */
  onAgain: () => void;
}

const UNKNOWN: QueryStatus = { summary: "", error: null, warnings: [], infos: [] };

/** The expressions of the page. */
export const QueryList = ({ queries, statuses, change, onAgain }: QueryListProps) => {
  const [edited, setEdited] = useState<number | null>(null);
  const [added, setAdded] = useState<string | null>(null);
  const subject = edited === null ? undefined : queries[edited];
  return (
    <section className={classes["panel"]} aria-label="Queries">
      <ul>
        {queries.map((query, index) => (
          <QueryRow
            key={query.name}
            query={query}
            index={index}
            count={queries.length}
            status={statuses.get(query.name) ?? UNKNOWN}
            autoFocus={added === query.name}
            onRun={(expression) =>
              expression === query.expression
                ? onAgain()
                : change(setExpression(index, expression), false)
            }
            onHide={() => change(setHidden(index, !query.hidden))}
            onRename={() => setEdited(index)}
            onMove={(by) => change(moveQuery(index, by))}
            onRemove={() => change(removeQuery(index), false)}
          />
        ))}
      </ul>
      <div className={classes["queriesFoot"]}>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          leftSection={<IconPlus size={15} />}
          disabled={queries.length >= MAX_QUERIES}
          title={queries.length >= MAX_QUERIES ? `At most ${MAX_QUERIES} queries` : undefined}
          onClick={() => {
            const taken = new Set(queries.map(({ name }) => name));
            setAdded([..."ABCDEFGHIJKLMNOP"].find((letter) => !taken.has(letter)) ?? null);
            change(addQuery());
          }}
        >
          Add a query
        </Button>
        <span className={classes["hint"]}>
          <kbd>Enter</kbd> runs, <kbd>Shift</kbd>+<kbd>Enter</kbd> new line, <kbd>Tab</kbd>{" "}
          completes
        </span>
      </div>
      {subject !== undefined && edited !== null && (
        <QueryDialog
          query={subject}
          taken={queries.filter((one) => one !== subject).map(({ name }) => name)}
          onClose={() => setEdited(null)}
          onSave={(name, legend) => {
            change((search) => setLegend(edited, legend)(rename(edited, name)(search)));
            setEdited(null);
          }}
        />
      )}
    </section>
  );
};
