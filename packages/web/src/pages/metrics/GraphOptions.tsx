import { Button, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useState } from "react";

import type { ExploreSearch } from "../../app/explore-search.ts";
import { Facet } from "../../ui/facet.tsx";
import classes from "./metrics.module.css";
import type { ChangeSearch } from "./QueryList.tsx";

const STEPS: [ExploreSearch["step"], string][] = [
  [undefined, "Auto"],
  ["low", "Coarse"],
  ["high", "Fine"],
  [1, "1 s"],
  [5, "5 s"],
  [15, "15 s"],
  [60, "1 min"],
  [300, "5 min"],
  [3600, "1 h"],
];

const stepWord = (step: ExploreSearch["step"]): string =>
  STEPS.find(([value]) => value === step)?.[1] ?? `${step} s`;

const Resolution = ({ search, change }: GraphOptionsProps) => (
  <Menu position="bottom-end">
    <Menu.Target>
      <Button
        variant="default"
        size="xs"
        rightSection={<IconChevronDown size={14} />}
        aria-label={`Step: ${stepWord(search.step)}`}
      >
        Step: {stepWord(search.step)}
      </Button>
    </Menu.Target>
    <Menu.Dropdown>
      <Menu.Label>Time between two points</Menu.Label>
      {STEPS.map(([value, word]) => (
        <Menu.Item
          key={word}
          onClick={() =>
            change(({ step: _step, ...rest }) =>
              value === undefined ? rest : { ...rest, step: value },
            )
          }
        >
          {word}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
);

const Threshold = ({ search, change }: GraphOptionsProps) => {
  const [text, setText] = useState(search.th === undefined ? "" : String(search.th));
  const value = Number(text);
  const wrong = text.trim() !== "" && !Number.isFinite(value);
  return (
    <TextInput
      size="xs"
      className={classes["threshold"] ?? ""}
      aria-label="Threshold"
      placeholder="Threshold"
      inputMode="decimal"
      value={text}
      error={wrong}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        const typed = currentTarget.value.trim();
        const next = Number(typed);
        if (typed !== "" && !Number.isFinite(next)) return;
        change(({ th: _th, ...rest }) => (typed === "" ? rest : { ...rest, th: next }));
      }}
    />
  );
};

interface GraphOptionsProps {
  search: ExploreSearch;
  change: ChangeSearch;
}

/** How the graph is drawn. */
export const GraphOptions = ({ search, change }: GraphOptionsProps) => (
  <div className={classes["options"]}>
    <SegmentedControl
      size="xs"
      aria-label="Draw"
      data={[
        { value: "lines", label: "Lines" },
        { value: "stacked", label: "Stacked" },
        { value: "points", label: "Points" },
      ]}
      value={search.k ?? "lines"}
      onChange={(kind) =>
        change(({ k: _k, ...rest }) =>
          kind === "stacked" || kind === "points" ? { ...rest, k: kind } : rest,
        )
      }
    />
    <Facet
      on={search.log === true}
      onToggle={() => change(({ log, ...rest }) => (log ? rest : { ...rest, log: true }))}
    >
      Log axis
    </Facet>
    <Facet
      on={search.ex === true}
      onToggle={() => change(({ ex, ...rest }) => (ex ? rest : { ...rest, ex: true }))}
    >
      Exemplars
    </Facet>
    <Threshold search={search} change={change} />
    <Resolution search={search} change={change} />
  </div>
);
