import { useMutation, useQueryClient } from "@tanstack/react-query";

import { ApiError } from "../../api/client.ts";
import { onCallKey, removeThing, saveThing } from "../../api/on-call.ts";

/** Saves and removes one person, team or policy, and closes its dialog when that worked. */
export const useThing = (
  kind: "people" | "teams" | "schedules" | "policies",
  id: string | null,
  onClose: () => void,
) => {
  const cache = useQueryClient();
  const onSuccess = async () => {
    await cache.invalidateQueries({ queryKey: onCallKey });
    onClose();
  };
  const save = useMutation({
    mutationFn: (body: unknown) => saveThing(kind, id, body),
    onSuccess,
  });
  const remove = useMutation({ mutationFn: () => removeThing(kind, id ?? ""), onSuccess });
  const error = save.error ?? remove.error;
  /** What the server found wrong with the first of these fields that has something. */
  const field = (...names: string[]): string | undefined =>
    error instanceof ApiError ? names.map((name) => error.field(name)).find(Boolean) : undefined;
  return { save, remove, error, field };
};
