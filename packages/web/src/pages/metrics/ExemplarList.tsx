import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { selectorOf } from "../../format/selector.ts";
import { formatDateTime } from "../../format/time.ts";
import type { Unit } from "../../format/units.ts";
import { formatValue } from "../../format/units.ts";
import type { Exemplar } from "../../promql/client.ts";
import classes from "./metrics.module.css";

/** Exemplars in the list; the picture shows them all. */
const LISTED = 8;

const CopyTrace = ({ traceId }: { traceId: string }) => {
  const clipboard = useClipboard({ timeout: 1500 });
  return (
    <Tooltip label={clipboard.copied ? "Copied" : "Copy the trace's id"} withArrow>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={24}
        aria-label={`Copy trace ${traceId}`}
        onClick={() => clipboard.copy(traceId)}
      >
        {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
};

const Row = ({ exemplar, unit, on }: { exemplar: Exemplar; unit: Unit; on: boolean }) => {
  const { timeMs, value, traceId, labels, seriesLabels } = exemplar;
  return (
    <li className={classes["exemplar"]} data-on={on || undefined}>
      <span className="dim num">{formatDateTime(timeMs)}</span>
      <span className="num">{formatValue(value, unit)}</span>
      <span className="mono clip" title={selectorOf(seriesLabels)}>
        {/^[0-9a-f]{1,32}$/i.test(traceId) ? (
          <Link to="/dashboard/runs/$runId" params={{ runId: traceId }}>
            run {traceId}
          </Link>
        ) : (
          selectorOf(labels)
        )}
      </span>
      {traceId !== "" && <CopyTrace traceId={traceId} />}
    </li>
  );
};

interface ExemplarListProps {
  exemplars: readonly Exemplar[];
  /** The one that was clicked in the picture. */
  picked: number | null;
  unit: Unit;
}

/** Exemplars in words, the picked one first: the way to them for who cannot click a point. */
export const ExemplarList = ({ exemplars, picked, unit }: ExemplarListProps) => {
  const chosen = picked === null ? undefined : exemplars[picked];
  const rest = exemplars.filter((one) => one !== chosen).slice(0, LISTED);
  return (
    <section className={classes["exemplars"]} aria-label="Exemplars">
      {exemplars.length === 0 ? (
        <p className="dim">
          No exemplars in this time range. Services send them with their histograms and counters, in
          OpenMetrics or by remote write.
        </p>
      ) : (
        <ul aria-live="polite">
          {[...(chosen === undefined ? [] : [chosen]), ...rest].map((exemplar, index) => (
            <Row
              key={`${exemplar.timeMs}/${exemplar.traceId}/${index}`}
              exemplar={exemplar}
              unit={unit}
              on={exemplar === chosen}
            />
          ))}
        </ul>
      )}
    </section>
  );
};
