import { HighlightStyle } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** A chart hue, mixed with the text until small letters keep 4.5:1 in both themes. */
const hue = (number: number): string =>
  `color-mix(in srgb, var(--fl-${number}) 74%, var(--fl-text))`;

/** Colours of PromQL, from the tokens of both themes. */
export const highlightStyle = HighlightStyle.define([
  { tag: tags.keyword, color: hue(5), fontWeight: "600" },
  { tag: tags.operatorKeyword, color: hue(5), fontWeight: "600" },
  { tag: tags.modifier, color: hue(5) },
  { tag: [tags.function(tags.variableName), tags.function(tags.name)], color: hue(1) },
  { tag: tags.variableName, color: "var(--fl-text)" },
  { tag: tags.labelName, color: hue(6) },
  { tag: tags.string, color: hue(3) },
  { tag: tags.number, color: hue(2) },
  { tag: tags.operator, color: "var(--fl-dim)" },
  { tag: tags.arithmeticOperator, color: "var(--fl-dim)" },
  { tag: tags.compareOperator, color: "var(--fl-dim)" },
  { tag: tags.comment, color: "var(--fl-faint)", fontStyle: "italic" },
]);

/** Parts that only a theme of the editor can reach, such as the list of completions. */
export const editorTheme: Extension = EditorView.theme({
  ".cm-tooltip": {
    backgroundColor: "var(--fl-raised)",
    border: "1px solid var(--fl-line-strong)",
    borderRadius: "6px",
    boxShadow: "var(--fl-shadow)",
    color: "var(--fl-text)",
    overflow: "hidden",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--fl-mono)",
    fontSize: "12.5px",
    maxHeight: "280px",
    maxWidth: "min(560px, 92vw)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "8px",
    alignItems: "center",
    padding: "3px 10px",
    lineHeight: "20px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--fl-accent-soft)",
    color: "var(--fl-text)",
  },
  ".cm-completionLabel": { overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionMatchedText": { textDecoration: "none", color: "var(--fl-accent)" },
  ".cm-completionDetail": {
    marginLeft: "auto",
    color: "var(--fl-dim)",
    fontFamily: "var(--fl-font)",
    fontStyle: "normal",
    fontSize: "12px",
    whiteSpace: "nowrap",
  },
  ".cm-tooltip.cm-completionInfo": {
    padding: "8px 10px",
    maxWidth: "340px",
    fontFamily: "var(--fl-font)",
    fontSize: "12.5px",
    lineHeight: "1.5",
  },
  ".cm-completionIcon": { display: "none" },
});
