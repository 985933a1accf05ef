const KEY = "fleetlight-promql-history";
/** Expressions that are remembered. */
export const HISTORY_LIMIT = 50;
/** A longer expression is not worth the space. */
const LONGEST = 4096;

type Storage = Pick<globalThis.Storage, "getItem" | "setItem">;

/** Expressions of this browser, the latest first; whatever else stands in the storage is ignored. */
export const readHistory = (storage: Storage): string[] => {
  try {
    const read: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    if (!Array.isArray(read)) return [];
    return read.filter((one): one is string => typeof one === "string").slice(0, HISTORY_LIMIT);
  } catch {
    return [];
  }
};

/** Puts an expression in front; one that was there before moves. */
export const remember = (storage: Storage, expression: string): void => {
  const text = expression.trim();
  if (text === "" || text.length > LONGEST) return;
  const others = readHistory(storage).filter((one) => one !== text);
  try {
    storage.setItem(KEY, JSON.stringify([text, ...others].slice(0, HISTORY_LIMIT)));
  } catch {
    // A full storage costs the history, not the query.
  }
};
