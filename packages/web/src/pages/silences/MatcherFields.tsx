import { ActionIcon, Autocomplete, Button, NativeSelect } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";

import type { LabelIndex } from "../../format/alert-filter.ts";
import type { Matcher } from "../../format/selector.ts";
import classes from "./silences.module.css";

const OPERATORS = [
  { value: "=", label: "= is" },
  { value: "!=", label: "≠ is not" },
  { value: "=~", label: "=~ matches" },
  { value: "!~", label: "!~ matches not" },
];
/** Values of a label that are offered. */
const OFFERED = 50;

interface MatcherFieldsProps {
  matchers: Matcher[];
  index: LabelIndex;
  error: string | undefined;
  onChange: (matchers: Matcher[]) => void;
}

/** Conditions on labels, one a row; all of them must hold. */
export const MatcherFields = ({ matchers, index, error, onChange }: MatcherFieldsProps) => {
  const names = [...index.keys()].toSorted();
  const set = (at: number, change: Partial<Matcher>) =>
    onChange(
      matchers.map((matcher, place) => (place === at ? { ...matcher, ...change } : matcher)),
    );
  return (
    <fieldset className={classes["matchers"]}>
      <legend className={classes["legend"]}>Alerts with all of these labels</legend>
      {matchers.map((matcher, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row is known by its place
        <div key={at} className={classes["matcher"]}>
          <Autocomplete
            aria-label={`Label ${at + 1}`}
            placeholder="label"
            data={names}
            value={matcher.label}
            onChange={(label) => set(at, { label })}
            classNames={{ input: classes["code"] ?? "" }}
            comboboxProps={{ withinPortal: true }}
          />
          <NativeSelect
            aria-label={`Comparison ${at + 1}`}
            data={OPERATORS}
            value={matcher.op}
            onChange={(event) => set(at, { op: event.currentTarget.value as Matcher["op"] })}
          />
          <Autocomplete
            aria-label={`Value ${at + 1}`}
            placeholder={matcher.op.endsWith("~") ? "regular expression" : "value"}
            data={[...(index.get(matcher.label)?.keys() ?? [])].toSorted()}
            limit={OFFERED}
            value={matcher.value}
            onChange={(value) => set(at, { value })}
            classNames={{ input: classes["code"] ?? "" }}
            comboboxProps={{ withinPortal: true }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={34}
            aria-label={`Remove label ${at + 1}`}
            disabled={matchers.length === 1}
            onClick={() => onChange(matchers.filter((_, place) => place !== at))}
          >
            <IconX size={16} />
          </ActionIcon>
        </div>
      ))}
      {error !== undefined && <p className={classes["error"]}>{error}</p>}
      <Button
        variant="subtle"
        size="compact-sm"
        color="gray"
        leftSection={<IconPlus size={14} />}
        className={classes["add"] ?? ""}
        onClick={() => onChange([...matchers, { label: "", op: "=", value: "" }])}
      >
        Another label
      </Button>
    </fieldset>
  );
};
