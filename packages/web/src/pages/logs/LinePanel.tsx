import type { LogLine } from "@fleetlight/contract";
import { ActionIcon, Anchor, Button } from "@mantine/core";
import { IconFilterPlus, IconRoute, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { logAroundQuery } from "../../api/logs.ts";
import { readLine, withoutParts, writeLine, type LogsSearch } from "../../app/logs-search.ts";
import { withCondition } from "../../format/log-filter.ts";
import { formatDateTime } from "../../format/time.ts";
import { Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Facts, Panel, SidePanel } from "../../ui/page.tsx";
import { clockOf } from "./log-words.ts";
import { Level, LineText } from "./LogLines.tsx";
import classes from "./logs.module.css";

interface Condition {
  name: string;
  value: string;
  search: LogsSearch;
}

/** A value with a way to see only lines that have it. */
const Value = ({ name, value, search }: Condition) => (
  <span className={classes["value"]}>
    <span>{value}</span>
    {value.length < 200 && (
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        aria-label={`Only lines with ${name} ${value}`}
        renderRoot={(props) => (
          <Link
            to="/dashboard/logs"
            search={{ ...search, q: withCondition(search.q ?? "", name, value) }}
            resetScroll={false}
            {...props}
          />
        )}
      >
        <IconFilterPlus size={14} />
      </ActionIcon>
    )}
  </span>
);

const FIELDS = [
  ["service", "Service"],
  ["agent", "Agent"],
  ["event", "Event"],
] as const;

const LineFacts = ({ line, search }: { line: LogLine; search: LogsSearch }) => (
  <Facts
    rows={[
      ["Time", `${formatDateTime(Date.parse(line.time))}.${line.time_ns.slice(-9)}`],
      ["Level", line.severity_text === "" ? line.level : `${line.level} (${line.severity_text})`],
      ...FIELDS.filter(([key]) => line[key] !== "").map(
        ([key, word]): [string, React.ReactNode] => [
          word,
          <Value key={key} name={key} value={line[key]} search={search} />,
        ],
      ),
      ...(line.scope === "" ? [] : [["Logger", line.scope] as [string, React.ReactNode]]),
    ]}
  />
);

const Attributes = ({
  title,
  values,
  search,
}: {
  title: string;
  values: Readonly<Record<string, string>>;
  search: LogsSearch;
}) =>
  Object.keys(values).length === 0 ? null : (
    <Panel title={title}>
      <Facts
        rows={Object.entries(values).map(([name, value]) => [
          name,
          <Value key={name} name={name} value={value} search={search} />,
        ])}
      />
    </Panel>
  );

const Around = ({
  around,
  own,
  search,
}: {
  around: readonly LogLine[];
  own: string;
  search: LogsSearch;
}) => (
  <Panel title="Lines around this one" aside="of the same service" flush>
    <ol className={classes["around"]} reversed>
      {around.map((line) => (
        <li key={line.id} data-on={line.id === own || undefined}>
          <Link
            to="/dashboard/logs"
            search={{ ...search, line: writeLine(line.id) }}
            replace
            resetScroll={false}
            aria-current={line.id === own ? "true" : undefined}
          >
            <span className={classes["time"]}>{clockOf(line.time)}</span>
            <Level level={line.level} />
            <LineText line={line} />
          </Link>
        </li>
      ))}
    </ol>
  </Panel>
);

const toRun = (line: LogLine) => (
  <Button
    size="xs"
    variant="default"
    leftSection={<IconRoute size={15} />}
    renderRoot={(props) => (
      <Link
        to="/dashboard/runs/$runId"
        params={{ runId: line.trace_id }}
        search={line.span_id === "" ? {} : { span: line.span_id }}
        {...props}
      />
    )}
  >
    Open its run
  </Button>
);

const Gone = ({ search }: { search: LogsSearch }) => (
  <p className="dim">
    This line is not kept any more.{" "}
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link to="/dashboard/logs" search={withoutParts(search, "line")} {...props} />
      )}
    >
      Back to the list
    </Anchor>
  </p>
);

const LineMatter = ({ line, search }: { line: LogLine; search: LogsSearch }) => (
  <>
    <pre className={classes["body"]} tabIndex={0} aria-label="Text of the line">
      {line.body}
    </pre>
    <LineFacts line={line} search={search} />
    <Attributes title="Attributes" values={line.attributes} search={search} />
    <Attributes title="Resource" values={line.resource} search={search} />
  </>
);

const Close = ({ search }: { search: LogsSearch }) => (
  <ActionIcon
    variant="subtle"
    color="gray"
    size={32}
    aria-label="Close the line"
    renderRoot={(props) => (
      <Link
        to="/dashboard/logs"
        search={withoutParts(search, "line")}
        resetScroll={false}
        {...props}
      />
    )}
  >
    <IconX size={18} />
  </ActionIcon>
);

interface LinePanelProps {
  search: LogsSearch;
  /** The line, when the list has it. */
  known: LogLine | undefined;
}

/** One line beside the list: all of it, its run, and what came before and after. */
export const LinePanel = ({ search, known }: LinePanelProps) => {
  const id = readLine(search.line ?? "");
  const { data, error } = useQuery(logAroundQuery(id, known));
  const line = data?.line ?? known;
  const close = <Close search={search} />;
  if (line === undefined)
    return (
      <SidePanel title="Log line" close={close}>
        {error !== null && <Failure what="The line could not be loaded" error={error} />}
        {error === null && data === undefined && <SkeletonRows rows={8} />}
        {data !== undefined && <Gone search={search} />}
      </SidePanel>
    );
  return (
    <SidePanel
      title={`Line of ${line.service}`}
      {...(line.trace_id !== "" && { actions: toRun(line) })}
      close={close}
    >
      <LineMatter line={line} search={search} />
      {data !== undefined && <Around around={data.around} own={id} search={search} />}
    </SidePanel>
  );
};
