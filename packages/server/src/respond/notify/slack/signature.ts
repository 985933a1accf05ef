import { createHmac, timingSafeEqual } from "node:crypto";

/** Age of a request beyond which it may be one that somebody recorded. */
const MAX_AGE_MS = 5 * 60_000;

/** Whether Slack signed this body with one of these secrets, just now. */
export function isSignedBySlack(
  body: string,
  timestamp: unknown,
  signature: unknown,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  if (typeof timestamp !== "string" || typeof signature !== "string") return false;
  if (!/^\d{1,12}$/.test(timestamp) || !/^v0=[0-9a-f]{64}$/.test(signature)) return false;
  if (Math.abs(nowMs - Number(timestamp) * 1000) > MAX_AGE_MS) return false;
  const given = Buffer.from(signature);
  // Every secret is tried, so that the time taken does not tell which one it was.
  return secrets
    .map((secret) => {
      const digest = createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex");
      return timingSafeEqual(Buffer.from(`v0=${digest}`), given);
    })
    .includes(true);
}
