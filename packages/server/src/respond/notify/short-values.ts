import type { Notification, NotifiedAlert } from "./channel.ts";

/** Characters of a label or annotation beyond which no service shows it anyway, but templates would take their time. */
const MAX_VALUE = 16_384;

type Values = Record<string, string>;

/** The same object when there is nothing to cut. */
function shortenValues(values: Values): Values {
  let shortened: Values | undefined;
  for (const name in values) {
    const value = values[name] ?? "";
    if (value.length <= MAX_VALUE) continue;
    shortened ??= { ...values };
    shortened[name] = `${value.slice(0, MAX_VALUE)}…`;
  }
  return shortened ?? values;
}

function shortenAlert(alert: NotifiedAlert): NotifiedAlert {
  const labels = shortenValues(alert.labels);
  const annotations = shortenValues(alert.annotations);
  const isSame = labels === alert.labels && annotations === alert.annotations;
  return isSame ? alert : { ...alert, labels, annotations };
}

/** A notification without values that are longer than anybody reads; the same object when it has none. */
export function withShortValues(notification: Notification): Notification {
  const alerts = notification.alerts.map(shortenAlert);
  const groupLabels = shortenValues(notification.groupLabels);
  const commonLabels = shortenValues(notification.commonLabels);
  const commonAnnotations = shortenValues(notification.commonAnnotations);
  const isSame =
    alerts.every((alert, index) => alert === notification.alerts[index]) &&
    groupLabels === notification.groupLabels &&
    commonLabels === notification.commonLabels &&
    commonAnnotations === notification.commonAnnotations;
  return isSame
    ? notification
    : { ...notification, alerts, groupLabels, commonLabels, commonAnnotations };
}
