import { isoTime } from "#lib";
import type { AlertView } from "#respond";

/** How an alert that has no end yet is shown: as one that would time out if nothing more was heard of it. */
interface EndOptions {
  nowMs: number;
  resolveTimeoutMs: number;
}

/** An alert as API v2 shows it. */
export function showAlert({ alert, status, receivers }: AlertView, options: EndOptions) {
  const endsAtMs = Number.isFinite(alert.endsAtMs)
    ? alert.endsAtMs
    : options.nowMs + options.resolveTimeoutMs;
  return {
    annotations: alert.annotations,
    endsAt: isoTime(endsAtMs),
    fingerprint: alert.fingerprint,
    receivers: receivers.map((name) => ({ name })),
    startsAt: isoTime(alert.startsAtMs),
    status: {
      inhibitedBy: status.inhibitedBy,
      mutedBy: status.mutedBy,
      silencedBy: status.silencedBy,
      state: status.state,
    },
    updatedAt: isoTime(alert.updatedAtMs),
    ...(alert.generatorUrl === "" ? {} : { generatorURL: alert.generatorUrl }),
    labels: alert.labels,
  };
}

/** Alerts of one piece of an answer: few enough to be written before anybody else waits long. */
const ALERTS_PER_PIECE = 200;

/** A JSON list in pieces, each made when the client has taken the one before. */
export async function* listPieces<T>(
  items: readonly T[],
  show: (item: T) => unknown,
  weigh: (item: T) => number = () => 1,
): AsyncGenerator<Buffer, void> {
  let text = "[";
  let weight = 0;
  for (const [index, item] of items.entries()) {
    text += `${index === 0 ? "" : ","}${JSON.stringify(show(item))}`;
    weight += weigh(item);
    if (weight < ALERTS_PER_PIECE) continue;
    yield Buffer.from(text);
    text = "";
    weight = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  yield Buffer.from(`${text}]\n`);
}
