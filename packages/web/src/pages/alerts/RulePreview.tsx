import type { RulePreview as Preview } from "@fleetlight/contract";
import { SegmentedControl } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { request } from "../../api/client.ts";
import { paths } from "../../api/paths.ts";
import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import type { Line } from "../../charts/chart.tsx";
import { huesOf } from "../../charts/colours.ts";
import type { Band } from "../../charts/marks.ts";
import { distinctive, selectorOf, seriesLabel } from "../../format/selector.ts";
import { formatDateTime, formatDuration } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { splitComparison } from "../../promql/comparison.ts";
import { Empty, Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { unitOfExpression } from "../metrics/expression-unit.ts";
import classes from "./alerts.module.css";
import type { RuleForm } from "./rule-form.ts";
import { isWhole, toRuleInput } from "./rule-form.ts";

const HEIGHT = 260;
const LINES_DRAWN = 24;
/** Firings that the list names. */
const LISTED = 30;
const MINUTE_MS = 60_000;

const DAY_MS = 86_400_000;
/** How often what is stored anew is tried as well: a short range shows what came just now. */
const freshMs = (windowMs: number): number => (windowMs < DAY_MS ? 10_000 : MINUTE_MS);

const RANGES = [
  { value: "3600000", label: "1 hour" },
  { value: "86400000", label: "1 day" },
  { value: "604800000", label: "7 days" },
] as const;

/** What the rule would have done; asked again when the form rests, and as minutes pass. */
const previewQuery = (form: RuleForm, windowMs: number, endMs: number) => {
  const { id: _, cooldown_minutes: __, ...rule } = toRuleInput(form);
  const named = { ...rule, name: rule.name === "" ? "preview" : rule.name };
  return queryOptions({
    queryKey: ["rule-preview", named, windowMs, endMs],
    queryFn: ({ signal }) =>
      request<Preview>("POST", paths.rulePreview(), {
        body: {
          rule: named,
          start: new Date(endMs - windowMs).toISOString(),
          end: new Date(endMs).toISOString(),
        },
        signal,
      }),
    enabled: isWhole(form),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: freshMs(windowMs),
  });
};

const linesOf = ({ series }: Preview): Line[] => {
  const shown = series.slice(0, LINES_DRAWN);
  const only = distinctive(shown.map(({ labels }) => labels));
  const hues = huesOf(shown.map(({ labels }) => selectorOf(labels)));
  return shown.map(({ labels, times, values }) => ({
    key: selectorOf(labels),
    label: seriesLabel(labels, only),
    hue: hues.get(selectorOf(labels)) ?? 1,
    timestamps: times.map((at) => at * 1000),
    values,
  }));
};

interface Firing {
  key: string;
  start: number;
  end: number | null;
  labels: Record<string, string>;
}

const firingsOf = ({ alerts }: Preview): Firing[] =>
  alerts
    .flatMap(({ labels, intervals }) =>
      intervals
        .filter(({ state }) => state === "firing")
        .map(({ start, end }) => ({
          key: `${selectorOf(labels)}/${start}`,
          start: Date.parse(start),
          end: end === null ? null : Date.parse(end),
          labels,
        })),
    )
    .toSorted((a, b) => b.start - a.start);

const bandsOf = (firings: readonly Firing[], endMs: number): Band[] =>
  firings.map(({ start, end }) => ({ from: start, to: end ?? endMs, token: "--fl-firing" }));

const verdictOf = ({ firings, matched }: Preview, windowMs: number): string => {
  const range = RANGES.find(({ value }) => value === String(windowMs))?.label ?? "";
  if (matched === 0) return `Gives nothing in the last ${range}, so it would not have fired.`;
  const times =
    firings === 0
      ? "not have fired"
      : `have fired ${plural(firings, "time")}`.replace("1 time", "once");
  return `Would ${times} in the last ${range}, over ${plural(matched, "series", "series")}.`;
};

const Firings = ({ firings }: { firings: readonly Firing[] }) => {
  const only = distinctive(firings.map(({ labels }) => labels));
  return (
    <ol className={classes["firings"]} aria-label="When it would have fired" tabIndex={0}>
      {firings.slice(0, LISTED).map(({ key, start, end, labels }) => (
        <li key={key} className={classes["firing"]}>
          <span className="num">{formatDateTime(start).slice(5, 16)}</span>
          <span className="num dim">
            {end === null ? "still" : `for ${formatDuration(end - start)}`}
          </span>
          <span className="clip">{seriesLabel(labels, only)}</span>
        </li>
      ))}
      {firings.length > LISTED && <li className="dim">and {firings.length - LISTED} more</li>}
    </ol>
  );
};

const Picture = ({ preview, windowMs }: { preview: Preview; windowMs: number }) => {
  const endMs = Date.parse(preview.end);
  const comparison = splitComparison(preview.query);
  const drawn = comparison?.left ?? preview.query;
  const unit = unitOfExpression(drawn);
  const { threshold, condition } = preview;
  const lines = useMemo(() => linesOf(preview), [preview]);
  const firings = useMemo(() => firingsOf(preview), [preview]);
  const bands = useMemo(() => bandsOf(firings, endMs), [firings, endMs]);
  return (
    <>
      <p className={classes["verdict"]} role="status">
        {verdictOf(preview, windowMs)}
      </p>
      <Chart
        title={`${drawn}, and when the rule would have fired`}
        lines={lines}
        unit={unit}
        from={endMs - windowMs}
        to={endMs}
        height={HEIGHT}
        bands={bands}
        threshold={
          threshold === null
            ? undefined
            : {
                value: threshold,
                condition: condition ?? "",
                label: `${condition ?? ""} ${formatValue(threshold, unit)}`,
              }
        }
        emptyText="The expression gave nothing in this time"
      />
      {firings.length > 0 && <Firings firings={firings} />}
      {preview.truncated && <p className="dim">Some series were left out.</p>}
      {preview.warnings.map((warning) => (
        <p key={warning} className="dim">
          {warning}
        </p>
      ))}
      <p className={classes["query"]}>{preview.query}</p>
    </>
  );
};

/** What the rule of the form would have done on stored data, so that a rule is never made blind. */
export const RulePreview = ({ form }: { form: RuleForm }) => {
  const [windowMs, setWindowMs] = useState(604_800_000);
  const [settled] = useDebouncedValue(form, 500);
  const everyMs = freshMs(windowMs);
  const endMs = Math.floor(useNow(everyMs) / everyMs) * everyMs;
  const whole = isWhole(settled);
  const { data, error, isPending } = useQuery(previewQuery(settled, windowMs, endMs));
  return (
    <Panel
      title="Preview"
      className={classes["preview"]}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={RANGES.map(({ value, label }) => ({ value, label }))}
          value={String(windowMs)}
          onChange={(value) => setWindowMs(Number(value))}
        />
      }
    >
      {!whole && (
        <Empty title="Say what is watched">
          <p>What it would have done appears here, on the data that is stored.</p>
        </Empty>
      )}
      {whole && error !== null && <Failure what="It cannot be tried" error={error} />}
      {whole && error === null && isPending && <ChartSkeleton height={HEIGHT} />}
      {whole && error === null && data !== undefined && (
        <Picture preview={data} windowMs={windowMs} />
      )}
    </Panel>
  );
};
