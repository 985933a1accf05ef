/** Takes one figure of the round under way; `labels` without name, `job` and `instance`. */
export type Emit = (name: string, labels: Readonly<Record<string, string>>, value: number) => void;

export const NO_LABELS: Readonly<Record<string, string>> = {};
