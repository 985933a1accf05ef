import type { Delivery } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";

import { deliveriesQuery } from "../../api/queries.ts";
import { suppressionsQuery } from "../../api/routing.ts";
import { formatClock } from "../../format/time.ts";
import { formatValue, plural } from "../../format/units.ts";
import { Empty, Failure, SkeletonRows } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./alert-page.module.css";

const WORDS = { pending: "on its way", delivered: "delivered", failed: "given up" };
const TOKENS = { pending: "--fl-pending", delivered: "--fl-healthy", failed: "--fl-unhealthy" };
const REASONS: Partial<Record<Delivery["reason"], string>> = {
  escalation: "by escalation",
  test: "as a test",
  fallback: "in place of a channel that fails",
};

const outcome = ({ ok, status_code: code, error }: Delivery["attempts"][number]): string => {
  if (ok) return code === null ? "accepted" : `accepted with ${code}`;
  return error ?? (code === null ? "no answer" : `refused with ${code}`);
};

const DeliveryItem = ({ delivery }: { delivery: Delivery }) => {
  const reason = REASONS[delivery.reason];
  const others = Math.max(delivery.alert_ids.length, delivery.fingerprints.length) - 1;
  return (
    <li className={classes["delivery"]}>
      <div className={classes["deliveryHead"]}>
        <span className={classes["deliveryWhat"]}>
          {delivery.status} to {delivery.channel}
        </span>
        <span style={{ color: `var(${TOKENS[delivery.state]})`, fontWeight: 500 }}>
          {WORDS[delivery.state]}
        </span>
      </div>
      <div className={classes["target"]} title={delivery.key}>
        {delivery.target}
      </div>
      {(reason !== undefined || others > 0) && (
        <div className="dim">
          {[reason, others > 0 && `with ${plural(others, "other alert")}`]
            .filter(Boolean)
            .join(", ")}
        </div>
      )}
      <ol className={classes["attempts"]}>
        {delivery.attempts.map((attempt, index) => (
          <li key={`${attempt.at}-${index}`}>
            <span className="num dim">{formatClock(Date.parse(attempt.at))}</span>
            <span>
              {outcome(attempt)}
              <span className="dim num">
                {" "}
                in {formatValue(attempt.duration_seconds, "seconds")}
              </span>
            </span>
          </li>
        ))}
        {delivery.attempts.length === 0 && <li className="dim">not tried yet</li>}
      </ol>
      {delivery.next_attempt_at !== null && delivery.state === "pending" && (
        <p className="dim num">
          next attempt at {formatClock(Date.parse(delivery.next_attempt_at))}
        </p>
      )}
    </li>
  );
};

const STAGES: Record<string, string> = {
  cooldown: "its cooldown holds",
  severity: "the channel is not told of its severity",
  queue_full: "too many notifications wait already",
  active_time: "it is not one of the hours of its route",
  mute_time: "its route is muted at this hour",
  inhibit: "another alert inhibits it",
  silence: "it is silenced",
  maintenance: "it is in maintenance",
  acknowledged: "somebody is on it",
  dependency: "what its service depends on has failed",
};

/** What the pipeline noted at its latest ticks. */
const Suppressions = ({ fingerprint }: { fingerprint: string }) => {
  const notes = useQuery(suppressionsQuery(fingerprint)).data?.suppressions ?? [];
  if (notes.length === 0) return null;
  return (
    <ul className={classes["notes"]} aria-label="Why nobody is told now">
      {notes.map(({ stage, integration, at }) => (
        <li key={`${stage}/${integration ?? ""}`}>
          <span className="num dim">{formatClock(Date.parse(at))}</span>{" "}
          {integration === null ? "Nobody is told" : `${integration} is not told`}:{" "}
          {STAGES[stage] ?? stage}
        </li>
      ))}
    </ul>
  );
};

interface DeliveriesProps {
  id: string;
  /** Null while the pipeline does not know the alert. */
  fingerprint: string | null;
}

/** Notifications about an alert, each with every attempt. */
export const Deliveries = ({ id, fingerprint }: DeliveriesProps) => {
  const { data, error } = useQuery(deliveriesQuery(id));
  return (
    <Panel title="Who was told" flush>
      {error !== null && data === undefined && (
        <Failure what="The deliveries could not be loaded" error={error} />
      )}
      {data === undefined && error === null && <SkeletonRows rows={3} />}
      {fingerprint !== null && <Suppressions fingerprint={fingerprint} />}
      {data?.deliveries.length === 0 && (
        <Empty title="Nobody was told">
          <p>
            It waits for its group, is kept quiet, has not fired yet, or its receiver has no
            channel.
          </p>
        </Empty>
      )}
      <ul>
        {data?.deliveries.map((delivery) => (
          <DeliveryItem key={delivery.key} delivery={delivery} />
        ))}
      </ul>
    </Panel>
  );
};
