import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconBellPlus,
  IconDots,
  IconEye,
  IconEyeOff,
  IconHistory,
  IconInfoCircle,
  IconAlertTriangle,
  IconPencil,
  IconPlayerPlay,
  IconTrash,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";

import type { ApiError } from "../../api/client.ts";
import { hueVariable } from "../../charts/colours.ts";
import { Editor } from "../../promql/editor.tsx";
import { readHistory, remember } from "../../promql/history.ts";
import type { PlacedMessage } from "../../promql/place.ts";
import { placeOf } from "../../promql/place.ts";
import type { Query } from "./explore-state.ts";
import classes from "./query-row.module.css";

/** What is known of a query's answer. */
export interface QueryStatus {
  /** E.g. `12 series in 3 ms`; empty while nothing is known. */
  summary: string;
  error: ApiError | null;
  warnings: string[];
  infos: string[];
}

interface QueryRowProps {
  query: Query;
  index: number;
  count: number;
  status: QueryStatus;
  autoFocus: boolean;
  onRun: (expression: string) => void;
  onHide: () => void;
  onRename: () => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** Expressions of the history that a menu offers. */
const OFFERED = 15;

const HistoryMenu = ({ name, onPick }: { name: string; onPick: (text: string) => void }) => {
  const [entries, setEntries] = useState<string[]>([]);
  return (
    <Menu position="bottom-end" onOpen={() => setEntries(readHistory(localStorage))} width={420}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={30} aria-label={`History, for ${name}`}>
          <IconHistory size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {entries.length === 0 ? "Expressions that you run appear here" : "Ran before"}
        </Menu.Label>
        {entries.slice(0, OFFERED).map((entry) => (
          <Menu.Item key={entry} onClick={() => onPick(entry)}>
            <span className={classes["entry"]}>{entry}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
};

const AlertItem = ({ expression }: { expression: string }) => (
  <Menu.Item
    leftSection={<IconBellPlus size={15} />}
    disabled={expression.trim() === ""}
    renderRoot={(props) => (
      <Link to="/dashboard/alerts/rules/new" search={{ metric: expression.trim() }} {...props} />
    )}
  >
    Alert on this
  </Menu.Item>
);

const MoreMenu = ({ query, index, count, onRename, onMove, onRemove }: QueryRowProps) => (
  <Menu position="bottom-end" width={250}>
    <Menu.Target>
      <ActionIcon variant="subtle" color="gray" size={30} aria-label={`More, for ${query.name}`}>
        <IconDots size={17} stroke={1.7} />
      </ActionIcon>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Item leftSection={<IconPencil size={15} />} onClick={onRename}>
        Name and legend…
      </Menu.Item>
      <AlertItem expression={query.expression} />
      <Menu.Item
        leftSection={<IconArrowUp size={15} />}
        disabled={index === 0}
        onClick={() => onMove(-1)}
      >
        Move up
      </Menu.Item>
      <Menu.Item
        leftSection={<IconArrowDown size={15} />}
        disabled={index === count - 1}
        onClick={() => onMove(1)}
      >
        Move down
      </Menu.Item>
      <Menu.Item leftSection={<IconTrash size={15} />} onClick={onRemove}>
        {count === 1 ? "Clear" : "Remove"}
      </Menu.Item>
    </Menu.Dropdown>
  </Menu>
);

/** The hue of a family, dark or bright enough for a letter. */
const familyColour = (hue: number): string =>
  `color-mix(in srgb, ${hueVariable(hue)} 72%, var(--fl-text))`;

const Notes = ({ status }: { status: QueryStatus }) => (
  <>
    {status.warnings.map((text) => (
      <p key={text} className={classes["warning"]}>
        <IconAlertTriangle size={14} aria-hidden /> {text}
      </p>
    ))}
    {status.infos.map((text) => (
      <p key={text} className={classes["info"]}>
        <IconInfoCircle size={14} aria-hidden /> {text}
      </p>
    ))}
  </>
);

const Wrong = ({ wrong }: { wrong: PlacedMessage | null }) =>
  wrong === null ? null : (
    <p className={classes["wrong"]} role="alert">
      <IconAlertTriangle size={14} aria-hidden />
      <span>
        {wrong.message}
        {wrong.place !== null && (
          <span className={classes["at"]}> at character {wrong.place.from + 1}</span>
        )}
      </span>
    </p>
  );

/** One expression: its name, its editor, what can be done with it, and what the server says about it. */
export const QueryRow = (props: QueryRowProps) => {
  const { query, status, autoFocus, count, onRun, onHide } = props;
  const [typed, setTyped] = useState({ of: query.expression, text: query.expression });
  const text = typed.of === query.expression ? typed.text : query.expression;
  const wrong = useMemo(
    () => (status.error === null ? null : placeOf(status.error.message, query.expression)),
    [status.error, query.expression],
  );
  const waits = text !== query.expression;
  const run = (expression: string) => {
    remember(localStorage, expression);
    setTyped({ of: expression, text: expression });
    onRun(expression);
  };
  return (
    <li className={classes["query"]} aria-label={`Query ${query.name}`}>
      <div className={classes["line"]}>
        <Tooltip label={query.hidden ? `Show ${query.name}` : `Hide ${query.name}`} withArrow>
          <button
            type="button"
            className={classes["name"]}
            data-hidden={query.hidden || undefined}
            style={{ color: count > 1 ? familyColour(query.hue) : undefined }}
            aria-pressed={!query.hidden}
            aria-label={`Show ${query.name}`}
            onClick={onHide}
          >
            <span className="clip">{query.name}</span>
            {query.hidden ? <IconEyeOff size={13} /> : <IconEye size={13} />}
          </button>
        </Tooltip>
        <Editor
          label={`Expression ${query.name}`}
          value={query.expression}
          placeholder="Type an expression, or choose a metric. Enter runs it."
          wrong={wrong}
          autoFocus={autoFocus}
          onType={(next) => setTyped({ of: query.expression, text: next })}
          onRun={run}
        />
        <div className={classes["tools"]}>
          <Tooltip label="Run (Enter)" withArrow>
            <ActionIcon
              variant={waits ? "filled" : "subtle"}
              color={waits ? "amber" : "gray"}
              size={30}
              aria-label={`Run ${query.name}`}
              onClick={() => run(text)}
            >
              <IconPlayerPlay size={16} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
          <HistoryMenu name={query.name} onPick={run} />
          <MoreMenu {...props} />
        </div>
      </div>
      <div className={classes["notes"]} aria-live="polite">
        <Wrong wrong={wrong} />
        <Notes status={status} />
        {wrong === null && status.summary !== "" && (
          <p className={classes["summary"]}>{status.summary}</p>
        )}
      </div>
    </li>
  );
};
