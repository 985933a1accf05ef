import type { EscalationPolicyInput, EscalationStep } from "@fleetlight/contract";

/** Where a URL goes, without what may be secret: user, password, path and query. */
export const shownUrl = (url: string): string => `${new URL(url).origin}/[redacted]`;

/** A policy as it is shown. */
export const withoutSecrets = <T extends { steps: EscalationStep[] }>(policy: T): T => ({
  ...policy,
  steps: policy.steps.map((step) =>
    step.type === "webhook" ? { ...step, url: shownUrl(step.url) } : step,
  ),
});

/** A policy as it is sent back after it was shown: a URL that was hidden is the one that was there before. */
export function withFormerSecrets(
  policy: EscalationPolicyInput,
  former: EscalationPolicyInput | undefined,
): EscalationPolicyInput {
  const urls = (former?.steps ?? []).flatMap((step) => (step.type === "webhook" ? step.url : []));
  return {
    ...policy,
    steps: policy.steps.map((step) => {
      if (step.type !== "webhook") return step;
      return { ...step, url: urls.find((url) => shownUrl(url) === step.url) ?? step.url };
    }),
  };
}
