import { describe, expect, it } from "vitest";

import { colourOf, loudnessOf, type Loudness } from "./severity.ts";
import { firingAlert, resolvedNotification, sampleNotification } from "./test-peers.ts";

const of = (...severities: (string | undefined)[]) =>
  sampleNotification({
    alerts: severities.map((severity) =>
      firingAlert({ alertname: "A", ...(severity === undefined ? {} : { severity }) }),
    ),
  });

describe("how loud a notification is", () => {
  it.each<[(string | undefined)[], Loudness]>([
    [["critical"], "critical"],
    [["PAGE"], "critical"],
    [["emergency", "info"], "critical"],
    [["low", "error"], "high"],
    [["info", "medium"], "warning"],
    [["minor"], "low"],
    [["none", "notice"], "info"],
    [["info", "nobody-knows"], "info"],
    [["nobody-knows"], "warning"],
    [["constructor"], "warning"],
    [[undefined], "warning"],
    [[], "warning"],
  ])("follows from %j as %s", (severities, loudness) => {
    expect(loudnessOf(of(...severities))).toBe(loudness);
  });

  it("does not follow from alerts that ended", () => {
    const [alert] = of("critical").alerts;
    if (!alert) throw new Error("no alert");
    const alerts = [...of("low").alerts, { ...alert, status: "resolved" as const }];
    expect(loudnessOf(sampleNotification({ alerts }))).toBe("low");
  });

  it("is a colour of its own for each, and for the end", () => {
    const firing = ["critical", "high", "warning", "low", "info"].map((one) => colourOf(of(one)));
    expect(new Set([...firing, colourOf(resolvedNotification())]).size).toBe(6);
  });
});
