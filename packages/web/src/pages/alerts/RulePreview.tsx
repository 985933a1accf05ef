import { useDebouncedValue } from "@mantine/hooks";
import { useMemo } from "react";

import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import { toLines } from "../../charts/lines.ts";
import { parseSelector } from "../../format/selector.ts";
import { formatValue, plural, unitOf } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { useRange } from "../../live/use-range.ts";
import { Empty, Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { holds, numberOf } from "./rule-form.ts";
import type { RuleForm } from "./rule-form.ts";

const WINDOW_MS = 3_600_000;
const HEIGHT = 300;
const LINES_DRAWN = 24;

const verdict = (form: RuleForm, last: (number | null)[], matched: number): string => {
  const threshold = numberOf(form.threshold);
  const series = plural(matched, "series", "series");
  if (threshold === null) return `${series}. Type a threshold to see what would hold now.`;
  const holding = last.filter((value) => holds(value, form.condition, threshold)).length;
  return `${series}. The condition holds for ${holding === 0 ? "none" : holding} of ${last.length} now.`;
};

/** The metric of the form over the last hour with its threshold, so that a rule is never made blind. */
export const RulePreview = ({ form }: { form: RuleForm }) => {
  const [typed] = useDebouncedValue(form.metric.trim(), 400);
  const selector = parseSelector(typed);
  const name = selector?.name ?? "";
  const range = useRange(
    typed,
    { windowMs: WINDOW_MS },
    { live: true, enabled: selector !== null },
  );
  const now = useNow(2000);
  const lines = useMemo(
    () => (selector === null ? [] : toLines(range.data?.series.slice(0, LINES_DRAWN) ?? [])),
    // oxlint-disable-next-line react/exhaustive-deps -- the selector is made anew from the text at every drawing
    [range.data, typed],
  );
  const unit = unitOf(name);
  const threshold = numberOf(form.threshold);
  const said =
    range.data === undefined
      ? ""
      : verdict(
          form,
          range.data.series.map(({ values }) => values.at(-1) ?? null),
          range.data.matched,
        );
  return (
    <Panel title="Preview" aside="last hour">
      {selector === null && (
        <Empty title={typed === "" ? "Choose a metric" : "This is not a selector yet"}>
          <p>Its course appears here with the threshold drawn into it.</p>
        </Empty>
      )}
      {selector !== null && range.error !== null && (
        <Failure what="The metric could not be loaded" error={range.error} />
      )}
      {selector !== null && range.isPending && <ChartSkeleton height={HEIGHT} />}
      {selector !== null && range.data !== undefined && (
        <>
          <Chart
            title={`${typed} over the last hour`}
            lines={lines}
            unit={unit}
            from={now - WINDOW_MS}
            to={now}
            height={HEIGHT}
            threshold={
              threshold === null
                ? undefined
                : {
                    value: threshold,
                    condition: form.condition,
                    label: `${form.condition} ${formatValue(threshold, unit)}`,
                  }
            }
            emptyText="No samples of this metric in the last hour"
          />
          <p className="dim num">{said}</p>
        </>
      )}
    </Panel>
  );
};
