import { SegmentedControl } from "@mantine/core";

import { AGENT_HOURS } from "../../app/agent-search.ts";
import { hoursWord } from "./words.ts";

interface HoursChoiceProps {
  /** What it is that is shown, to those who do not see it: "Figures of the last". */
  label: string;
  hours: number;
  onChange(hours: number): void;
}

/** How far back the pages of agents look. */
export const HoursChoice = ({ label, hours, onChange }: HoursChoiceProps) => (
  <SegmentedControl
    aria-label={label}
    size="xs"
    value={String(hours)}
    data={AGENT_HOURS.map((one) => ({ value: String(one), label: hoursWord(one) }))}
    onChange={(value) => onChange(Number(value))}
  />
);
