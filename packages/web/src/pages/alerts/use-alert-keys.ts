import { useHotkeys } from "@mantine/hooks";

import type { AlertRow } from "./alert-rows.ts";

interface AlertKeys {
  /** The alerts that a key is about: those selected, else the one in focus (`key`), else the open one. */
  chosen: (key: string | null) => AlertRow[];
  acknowledge: (rows: AlertRow[]) => void;
  silence: (rows: AlertRow[]) => void;
  toggle: (key: string) => void;
  escape: () => void;
}

const focusedRow = (): string | null => {
  const item = document.activeElement?.closest("li");
  return item?.querySelector<HTMLElement>("[data-row]")?.dataset["row"] ?? null;
};

/** A key is not meant for the list while somebody types or answers a question. */
const elsewhere = (): boolean => {
  const at = document.activeElement;
  if (document.querySelector('[role="dialog"]') !== null) return true;
  return at instanceof HTMLInputElement && at.type !== "checkbox";
};

/** a acknowledges, s silences, x selects, Escape goes back. */
export const useAlertKeys = ({ chosen, acknowledge, silence, toggle, escape }: AlertKeys): void => {
  const on = (act: (key: string | null) => void) => () => {
    if (!elsewhere()) act(focusedRow());
  };
  useHotkeys(
    [
      ["a", on((key) => acknowledge(chosen(key)))],
      ["s", on((key) => silence(chosen(key)))],
      ["x", on((key) => key !== null && toggle(key))],
      ["Escape", on(escape)],
    ],
    ["TEXTAREA", "SELECT"],
  );
};
