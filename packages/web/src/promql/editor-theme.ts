import { HighlightStyle } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Colours of PromQL, from the tokens of both themes. */
export const highlightStyle = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--fl-5)", fontWeight: "600" },
  { tag: tags.operatorKeyword, color: "var(--fl-5)", fontWeight: "600" },
  { tag: tags.modifier, color: "var(--fl-5)" },
  { tag: [tags.function(tags.variableName), tags.function(tags.name)], color: "var(--fl-1)" },
  { tag: tags.variableName, color: "var(--fl-text)" },
  { tag: tags.labelName, color: "var(--fl-6)" },
  { tag: tags.string, color: "var(--fl-3)" },
  { tag: tags.number, color: "var(--fl-2)" },
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
