import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionStatus,
  currentCompletions,
  moveCompletionSelection,
  selectedCompletion,
} from "@codemirror/autocomplete";
import {
  defaultKeymap,
  history,
  historyKeymap,
  insertNewlineAndIndent,
} from "@codemirror/commands";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, placeholder as placeholderOf } from "@codemirror/view";
import { PromQLExtension } from "@prometheus-io/codemirror-promql";
import { useEffect, useLayoutEffect, useRef } from "react";

import { promFetch } from "./client.ts";
import { editorTheme, highlightStyle } from "./editor-theme.ts";
import classes from "./editor.module.css";
import type { Place } from "./place.ts";

export interface EditorProps {
  /** What a screen reader calls it. */
  label: string;
  /** The expression that runs; replaces what is typed when it changes. */
  value: string;
  placeholder: string;
  /** Where the server found something wrong, in `value`. */
  wrong: { place: Place | null; message: string } | null;
  autoFocus: boolean;
  onType: (text: string) => void;
  onRun: (text: string) => void;
}

/** Names and help of metrics are asked anew after this long. */
const METADATA_AGE_MS = 60_000;
/** Metrics whose help completion shows. */
const MAX_METADATA = 10_000;

/** Takes the chosen completion, else the first one. While the list is being renewed Tab must not leave the editor. */
const acceptOrSelect = (view: EditorView): boolean => {
  if (currentCompletions(view.state).length === 0)
    return completionStatus(view.state) === "pending";
  if (selectedCompletion(view.state) === null) moveCompletionSelection(true)(view);
  return acceptCompletion(view);
};

const run =
  (read: () => EditorProps) =>
  (view: EditorView): boolean => {
    closeCompletion(view);
    read().onRun(view.state.doc.toString());
    return true;
  };

const extensionsOf = (read: () => EditorProps, promql: PromQLExtension) => [
  Prec.highest(
    keymap.of([
      { key: "Tab", run: acceptOrSelect },
      // A completion that the arrows chose is taken; one that merely stands there does not hinder a run.
      {
        key: "Enter",
        run: (view) =>
          (selectedCompletion(view.state) !== null && acceptCompletion(view)) || run(read)(view),
      },
      { key: "Mod-Enter", run: run(read) },
      { key: "Shift-Enter", run: insertNewlineAndIndent },
    ]),
  ),
  history(),
  bracketMatching(),
  closeBrackets(),
  // Nothing is chosen by itself, so a key that follows at once means what it says.
  autocompletion({
    selectOnOpen: false,
    interactionDelay: 0,
    icons: false,
    maxRenderedOptions: 60,
  }),
  syntaxHighlighting(highlightStyle),
  editorTheme,
  promql.asExtension(),
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({
    "aria-label": read().label,
    spellcheck: "false",
    autocapitalize: "off",
  }),
  placeholderOf(read().placeholder),
  EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged) read().onType(state.doc.toString());
  }),
];

const completing = (): PromQLExtension =>
  new PromQLExtension().activateLinter(false).setComplete({
    remote: {
      url: "",
      fetchFn: promFetch,
      httpMethod: "GET",
      cache: { maxAge: METADATA_AGE_MS },
      // Completion is a help, not a duty: without an answer there is none.
      httpErrorHandler: () => undefined,
    },
    maxMetricsMetadata: MAX_METADATA,
  });

/** A PromQL editor: highlighting, completion from the server's metadata, and the server's complaint underlined. */
export const CodeEditor = (props: EditorProps) => {
  const { label, value, wrong, autoFocus } = props;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const current = useRef(props);
  useLayoutEffect(() => {
    current.current = props;
  });

  useEffect(() => {
    if (place.current === null) return undefined;
    const promql = completing();
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: current.current.value,
        extensions: extensionsOf(() => current.current, promql),
      }),
    });
    editor.current = view;
    if (current.current.autoFocus) view.focus();
    return () => {
      promql.destroy();
      view.destroy();
      editor.current = null;
    };
  }, [label]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    if (autoFocus) editor.current?.focus();
  }, [autoFocus]);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    // A mark belongs to the text that ran; what was typed since may have moved on.
    const marked = wrong?.place ?? null;
    const fits = view.state.doc.toString() === value;
    view.dispatch(
      setDiagnostics(
        view.state,
        marked === null || !fits
          ? []
          : [{ ...marked, severity: "error" as const, message: wrong?.message ?? "" }],
      ),
    );
  }, [wrong, value]);

  return (
    <div ref={place} className={classes["editor"]} data-wrong={wrong === null ? undefined : true} />
  );
};
