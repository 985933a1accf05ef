import type { Alert, Delivery } from "@fleetlight/contract";
import { useQuery } from "@tanstack/react-query";

import { silencesQuery } from "../../api/alertmanager.ts";
import type { AmSilence } from "../../api/alertmanager.ts";
import { deliveriesQuery } from "../../api/queries.ts";
import { Panel } from "../../ui/page.tsx";
import { TimelineList } from "../../ui/timeline.tsx";
import type { Moment } from "../../ui/timeline.tsx";
import type { AlertRow } from "./alert-rows.ts";

const ofAlert = (alert: Alert): Moment[] => {
  const moments: Moment[] = [
    { key: "crossed", at: alert.active_at, token: "--fl-pending", text: "The condition held" },
  ];
  if (alert.fired_at !== null)
    moments.push({ key: "fired", at: alert.fired_at, token: "--fl-firing", text: "Fired" });
  if (alert.keep_firing_since !== null)
    moments.push({
      key: "kept",
      at: alert.keep_firing_since,
      token: "--fl-pending",
      text: "The condition no longer held; it fires on for the time that the rule says",
    });
  if (alert.resolved_at !== null)
    moments.push({
      key: "resolved",
      at: alert.resolved_at,
      token: "--fl-healthy",
      text: "Resolved",
    });
  return moments;
};

const ofDelivery = (delivery: Delivery): Moment[] => {
  const failed = delivery.attempts.filter(({ ok }) => !ok).length;
  const last = delivery.attempts.at(-1);
  const what = `${delivery.status} to ${delivery.channel}`;
  if (delivery.state === "delivered" && last !== undefined) {
    const after = failed === 0 ? "" : ` at attempt ${failed + 1}`;
    return [{ key: delivery.key, at: last.at, token: "--fl-info", text: `Told: ${what}${after}` }];
  }
  if (delivery.state === "failed")
    return [
      {
        key: delivery.key,
        at: last?.at ?? delivery.created_at,
        token: "--fl-unhealthy",
        text: `Given up: ${what} after ${failed} attempts`,
      },
    ];
  return [
    {
      key: delivery.key,
      at: delivery.created_at,
      token: "--fl-pending",
      text: `On its way: ${what}${failed === 0 ? "" : `, ${failed} failed`}`,
    },
  ];
};

const ofSilence = (silence: AmSilence): Moment => ({
  key: silence.id,
  at: silence.startsAt,
  token: "--fl-silenced",
  text: `Silenced by ${silence.createdBy}${silence.comment === "" ? "" : `: ${silence.comment}`}`,
});

/** Everything that is known to have happened to an alert, newest first. */
export const AlertTimeline = ({ row, alert }: { row: AlertRow; alert: Alert | null }) => {
  const deliveries = useQuery(deliveriesQuery(row.key)).data?.deliveries ?? [];
  const silences = useQuery(silencesQuery()).data ?? [];
  const moments: Moment[] = [
    ...(alert === null
      ? [{ key: "began", at: row.since, token: "--fl-firing", text: "Began" }]
      : ofAlert(alert)),
    ...deliveries.flatMap(ofDelivery),
    ...silences.filter(({ id }) => row.silencedBy.includes(id)).map(ofSilence),
    ...(row.ack === null
      ? []
      : [
          {
            key: "ack",
            at: row.ack.at,
            token: "--fl-acknowledged",
            text: `Acknowledged by ${row.ack.by}${row.ack.note === "" ? "" : `: ${row.ack.note}`}`,
          },
        ]),
  ];
  return (
    <Panel title="Timeline" flush>
      <TimelineList moments={moments.toSorted((a, b) => b.at.localeCompare(a.at))} />
    </Panel>
  );
};
