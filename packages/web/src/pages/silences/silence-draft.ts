import type { AmMatcher, AmSilence, AmSilenceInput } from "../../api/alertmanager.ts";
import { matcherTest, matcherText, parseAlertFilter } from "../../format/alert-filter.ts";
import type { Matcher } from "../../format/selector.ts";

/** A silence as it is typed. Times are those of `datetime-local` fields, in the browser's zone. */
export interface SilenceDraft {
  /** Of the silence that is changed; null for a new one. */
  id: string | null;
  matchers: Matcher[];
  /** Empty begins at once. */
  start: string;
  /** Milliseconds from the start; null when `end` says it. */
  lastsMs: number | null;
  end: string;
  comment: string;
  author: string;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const DURATIONS = [
  { word: "30 min", ms: 30 * MINUTE },
  { word: "2 h", ms: 2 * HOUR },
  { word: "8 h", ms: 8 * HOUR },
  { word: "1 day", ms: 24 * HOUR },
  { word: "1 week", ms: 168 * HOUR },
] as const;

const pad = (value: number): string => String(value).padStart(2, "0");

/** A moment as a `datetime-local` field writes it. */
export const toLocalField = (at: number): string => {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}`;
};

export const emptyDraft = (matchers: Matcher[], author: string): SilenceDraft => ({
  id: null,
  matchers: matchers.length > 0 ? matchers : [{ label: "", op: "=", value: "" }],
  start: "",
  lastsMs: 2 * HOUR,
  end: "",
  comment: "",
  author,
});

export const toMatcher = ({ name, value, isRegex, isEqual }: AmMatcher): Matcher => ({
  label: name,
  op: isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=",
  value,
});

export const fromMatcher = ({ label, op, value }: Matcher): AmMatcher => ({
  name: label,
  value,
  isRegex: op.endsWith("~"),
  isEqual: op.startsWith("="),
});

export const draftOf = (silence: AmSilence): SilenceDraft => ({
  id: silence.id,
  matchers: silence.matchers.map(toMatcher),
  start: toLocalField(Date.parse(silence.startsAt)),
  lastsMs: null,
  end: toLocalField(Date.parse(silence.endsAt)),
  comment: silence.comment,
  author: silence.createdBy,
});

/** Matchers with a label; a row that nobody filled in is no matcher. */
export const filled = (draft: SilenceDraft): Matcher[] =>
  draft.matchers.filter(({ label }) => label.trim() !== "");

const timeOf = (field: string): number => new Date(field).getTime();

/** When it begins and ends, Unix milliseconds; NaN where a field is not filled in. */
export const spanOf = (draft: SilenceDraft, now: number): { from: number; to: number } => {
  const from = draft.start === "" ? now : timeOf(draft.start);
  return { from, to: draft.lastsMs === null ? timeOf(draft.end) : from + draft.lastsMs };
};

/** What is wrong with a draft, by field; what the server would refuse as well. */
export const problemsOf = (
  draft: SilenceDraft,
  now: number,
): { matchers?: string; time?: string; author?: string; comment?: string } => {
  const { from, to } = spanOf(draft, now);
  const matchers = filled(draft);
  const broken = matchers.find(
    ({ op, value }) => op.endsWith("~") && parseAlertFilter(`a=~${JSON.stringify(value)}`).problem,
  );
  return {
    ...(matchers.length === 0 && { matchers: "Say which alerts: at least one label" }),
    ...(broken !== undefined && { matchers: `${broken.label} needs a regular expression` }),
    ...(Number.isNaN(from) || Number.isNaN(to)
      ? { time: "Say when it begins and ends" }
      : to <= from
        ? { time: "It ends before it begins" }
        : to <= now
          ? { time: "It would be over already" }
          : {}),
    ...(draft.author.trim() === "" && { author: "Say who silences" }),
    ...(draft.comment.trim() === "" && { comment: "Say why: the next on call will ask" }),
  };
};

export const toInput = (draft: SilenceDraft, now: number): AmSilenceInput => {
  const { from, to } = spanOf(draft, now);
  return {
    ...(draft.id !== null && { id: draft.id }),
    matchers: filled(draft).map(fromMatcher),
    startsAt: new Date(from).toISOString(),
    endsAt: new Date(to).toISOString(),
    comment: draft.comment.trim(),
    createdBy: draft.author.trim(),
  };
};

type Labels = Readonly<Record<string, string>>;

/** Whether alerts with these labels would be silenced; nothing is, as long as no matcher is filled in. */
export const silences = (matchers: readonly Matcher[]): ((labels: Labels) => boolean) => {
  if (matchers.length === 0) return () => false;
  try {
    const tests = matchers.map(matcherTest);
    return (labels) => tests.every((passes) => passes(labels));
  } catch {
    return () => false;
  }
};

/** Whether every matcher also takes a label that is missing: such a silence silences everything. */
export const matchesAll = (matchers: readonly Matcher[]): boolean => silences(matchers)({});

const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Matchers for some alerts: the labels that all of them share and, where they have different names, those names. They
 * may take in more than was chosen, which the editor shows.
 */
export const matchersFor = (all: readonly Labels[]): Matcher[] => {
  const [first, ...rest] = all;
  if (first === undefined) return [];
  const shared = Object.entries(first)
    .filter(([name, value]) => rest.every((labels) => labels[name] === value))
    .map(([label, value]): Matcher => ({ label, op: "=", value }));
  if (shared.some(({ label }) => label === "alertname")) return shared;
  const names = [...new Set(all.map((labels) => labels["alertname"] ?? ""))].filter(Boolean);
  if (names.length === 0) return shared;
  return [{ label: "alertname", op: "=~", value: names.map(escapeRegex).join("|") }, ...shared];
};

export const draftText = (matchers: readonly Matcher[]): string =>
  matchers.map(matcherText).join(" ");
