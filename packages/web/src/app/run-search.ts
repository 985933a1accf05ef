/** What the address of the list of runs says. */
export interface RunsSearch {
  q?: string;
  errors?: true;
  /** How far back, in hours. */
  hours?: number;
}

export const RUN_HOURS = [1, 6, 24, 168] as const;

export const parseRunsSearch = (raw: Record<string, unknown>): RunsSearch => ({
  ...(typeof raw["q"] === "string" && raw["q"] !== "" && { q: raw["q"].slice(0, 512) }),
  ...(raw["errors"] === true && { errors: true as const }),
  ...(RUN_HOURS.some((one) => one !== 1 && one === raw["hours"]) && {
    hours: raw["hours"] as number,
  }),
});

/** What the address of one run says. */
export interface RunSearch {
  /** The span that is looked at. */
  span?: string;
  view?: "conversation";
}

export const parseRunSearch = (raw: Record<string, unknown>): RunSearch => ({
  ...(typeof raw["span"] === "string" &&
    /^[0-9a-f]{16}$/.test(raw["span"]) && { span: raw["span"] }),
  ...(raw["view"] === "conversation" && { view: "conversation" as const }),
});
