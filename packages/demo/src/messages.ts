/** What the fleet's process tells its parent. */
export type FleetMessage =
  | { type: "ready"; services: { id: string; url: string }[] }
  | { type: "message"; text: string }
  | { type: "failed"; error: string };

export function isFleetMessage(value: unknown): value is FleetMessage {
  if (typeof value !== "object" || value === null) return false;
  const { type } = value as { type?: unknown };
  return type === "ready" || type === "message" || type === "failed";
}
