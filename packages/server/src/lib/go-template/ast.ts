/** Offsets into the source of the template. */
interface Span {
  start: number;
  end: number;
}

export interface NumberNode extends Span {
  kind: "number";
  text: string;
  /** Undefined when the constant is not a whole number of 64 bits. */
  int: bigint | undefined;
  float: number;
  /** What the constant is where no type is asked for. */
  ideal: bigint | number;
}

export type Expr =
  | (Span & { kind: "dot" | "nil" })
  | (Span & { kind: "bool"; value: boolean })
  | (Span & { kind: "string"; value: string })
  | NumberNode
  | (Span & { kind: "field"; names: readonly string[] })
  | (Span & { kind: "variable"; name: string; names: readonly string[] })
  | (Span & { kind: "function"; name: string })
  | (Span & { kind: "chain"; of: Expr; names: readonly string[] })
  | PipeNode;

/** The first argument is what is called, or the value itself. */
export interface CommandNode extends Span {
  args: readonly [Expr, ...Expr[]];
}

export interface PipeNode extends Span {
  kind: "pipe";
  /** Variables that take the value: at most two, of `range`. */
  declares: readonly string[];
  assigns: boolean;
  commands: readonly CommandNode[];
}

export type TemplateNode =
  | (Span & { kind: "text"; text: string })
  | (Span & { kind: "action"; pipe: PipeNode })
  | (Span & {
      kind: "if" | "with" | "range";
      pipe: PipeNode;
      list: readonly TemplateNode[];
      otherwise: readonly TemplateNode[];
    })
  | (Span & { kind: "template"; name: string; pipe: PipeNode | undefined })
  | (Span & { kind: "break" | "continue" });

/** One named template and the text that it was read from. */
export interface Tree {
  name: string;
  /** What errors call the text: the file, or the name that was given. */
  source: string;
  text: string;
  nodes: readonly TemplateNode[];
}
