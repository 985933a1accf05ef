import { CloseButton } from "@mantine/core";
import { IconAlertTriangleFilled, IconCircleCheckFilled } from "@tabler/icons-react";
import { useSyncExternalStore } from "react";

import classes from "./toast.module.css";

interface Toast {
  id: number;
  text: string;
  failed: boolean;
  /** Takes back what the text tells of. */
  undo: (() => void) | undefined;
}

/** Long enough to read a sentence and to reach the button; what failed stays until it is closed. */
const STAYS_MS = 9000;
const SHOWN = 4;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

const write = (next: readonly Toast[]): void => {
  toasts = next;
  for (const listener of listeners) listener();
};

const drop = (id: number): void => write(toasts.filter((toast) => toast.id !== id));

/** Tells what was done, with a way back where there is one. */
export const tell = (text: string, undo?: () => void): void => {
  const id = nextId++;
  write([...toasts, { id, text, failed: false, undo }].slice(-SHOWN));
  setTimeout(() => drop(id), STAYS_MS);
};

/** Tells what did not work where no better place is left to say it, as after an optimistic write. */
export const tellFailure = (what: string, error: Error): void => {
  const toast = { id: nextId++, text: `${what}: ${error.message}`, failed: true, undo: undefined };
  write([...toasts, toast].slice(-SHOWN));
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The corner in which `tell` speaks. */
export const Toasts = () => {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className={classes["corner"]} role="status" aria-live="polite">
      {shown.map(({ id, text, failed, undo }) => (
        <div key={id} className={classes["toast"]} data-failed={failed || undefined}>
          {failed ? (
            <IconAlertTriangleFilled size={16} aria-hidden />
          ) : (
            <IconCircleCheckFilled size={16} aria-hidden />
          )}
          <span className={classes["text"]}>{text}</span>
          {undo !== undefined && (
            <button
              type="button"
              className={classes["undo"]}
              onClick={() => {
                drop(id);
                undo();
              }}
            >
              Undo
            </button>
          )}
          <CloseButton size="sm" aria-label="Dismiss" onClick={() => drop(id)} />
        </div>
      ))}
    </div>
  );
};
