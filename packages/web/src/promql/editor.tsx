import { lazy, Suspense } from "react";

import type { EditorProps } from "./code-editor.tsx";
import classes from "./editor.module.css";

const CodeEditor = lazy(() =>
  import("./code-editor.tsx").then(({ CodeEditor: Loaded }) => ({ default: Loaded })),
);

/** The editor, in a chunk of its own; until that is there the expression stands in its place. */
export const Editor = (props: EditorProps) => (
  <Suspense
    fallback={
      <div className={classes["waiting"]} data-empty={props.value === "" || undefined}>
        {props.value || props.placeholder}
      </div>
    }
  >
    <CodeEditor {...props} />
  </Suspense>
);
