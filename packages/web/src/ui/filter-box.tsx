import { CloseButton } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import type { KeyboardEvent, RefObject } from "react";
import { useId, useRef, useState } from "react";

import type { Completion } from "../format/alert-filter.ts";
import classes from "./filter-box.module.css";

interface FilterBoxProps {
  label: string;
  placeholder: string;
  value: string;
  /** What could stand where the caret is. */
  complete: (text: string, caret: number) => Completion[];
  /** Why a part of the text does not count. */
  problem: string | null;
  onChange: (text: string) => void;
}

/** The caret's place after the completion was put in. */
const put = (input: HTMLInputElement, text: string, { text: put, from, to }: Completion) => {
  const next = text.slice(0, from) + put + text.slice(to);
  requestAnimationFrame(() => input.setSelectionRange(from + put.length, from + put.length));
  return next;
};

const Offers = ({
  id,
  offers,
  chosen,
  onTake,
}: {
  id: string;
  offers: readonly Completion[];
  chosen: number;
  onTake: (offer: Completion) => void;
}) => (
  <ul
    id={`${id}-list`}
    role="listbox"
    aria-label="Completions"
    className={classes["offers"]}
    hidden={offers.length === 0}
  >
    {offers.map((offer, place) => (
      <li
        key={offer.text}
        id={`${id}-${place}`}
        role="option"
        aria-selected={place === chosen}
        className={classes["offer"]}
        onPointerDown={(event) => {
          event.preventDefault();
          onTake(offer);
        }}
      >
        <span className="clip">{offer.text}</span>
        <span className={classes["hint"]}>{offer.hint}</span>
      </li>
    ))}
  </ul>
);

/** What completion offers, and how keys walk through it. */
const useOffers = (
  { value, complete, onChange }: Pick<FilterBoxProps, "value" | "complete" | "onChange">,
  input: RefObject<HTMLInputElement | null>,
) => {
  const [caret, setCaret] = useState<number | null>(null);
  const [chosen, setChosen] = useState(-1);
  const offers = caret === null ? [] : complete(value, caret);
  const at = Math.min(chosen, offers.length - 1);
  const look = (place: number | null) => {
    setCaret(place);
    setChosen(-1);
  };
  const take = (offer: Completion | undefined) => {
    if (offer === undefined || input.current === null) return;
    onChange(put(input.current, value, offer));
    look(offer.from + offer.text.length);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const takes = event.key === "Enter" || (event.key === "Tab" && !event.shiftKey);
    if (step !== undefined && offers.length > 0) {
      event.preventDefault();
      setChosen(at === -1 && step < 0 ? offers.length - 1 : (at + step) % offers.length);
    } else if (takes && at >= 0) {
      event.preventDefault();
      take(offers[at]);
    } else if (event.key === "Escape") {
      if (offers.length > 0) event.preventDefault();
      else input.current?.blur();
      setCaret(null);
    }
  };
  return { offers, at, look, take, onKey };
};

/** A field for filters and words, with completion from what is in the list. */
export const FilterBox = ({
  label,
  placeholder,
  value,
  complete,
  problem,
  onChange,
}: FilterBoxProps) => {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const { offers, at, look, take, onKey } = useOffers({ value, complete, onChange }, input);
  const follow = () => look(input.current?.selectionStart ?? null);
  return (
    <div className={classes["box"]}>
      <div className={classes["field"]} data-problem={problem !== null || undefined}>
        <IconSearch size={16} stroke={1.8} aria-hidden />
        <input
          ref={input}
          className={classes["input"]}
          role="combobox"
          aria-label={label}
          aria-expanded={offers.length > 0}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          aria-invalid={problem !== null}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          value={value}
          onChange={(event) => {
            onChange(event.currentTarget.value);
            look(event.currentTarget.selectionStart);
          }}
          onClick={follow}
          onFocus={follow}
          onBlur={() => look(null)}
          onKeyDown={onKey}
        />
        {value !== "" && (
          <CloseButton size="sm" aria-label="Clear the filter" onClick={() => onChange("")} />
        )}
      </div>
      <Offers id={id} offers={offers} chosen={at} onTake={take} />
      {problem !== null && (
        <p id={`${id}-problem`} className={classes["problem"]}>
          {problem}
        </p>
      )}
    </div>
  );
};
