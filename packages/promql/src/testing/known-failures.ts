/** Cases of Prometheus' scripts that fail, by file and line of upstream's file, each group with its reason. */
export const knownFailures: Readonly<Record<"suite-3.5" | "suite-3.14", ReadonlySet<string>>> = {
  "suite-3.5": new Set(),
  "suite-3.14": new Set(),
};
