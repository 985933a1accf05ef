import type { Annotations } from "../../annotations.ts";
import type { BinaryOp, Span } from "../../syntax/ast.ts";

/** An info or warning, not yet told. */
export interface Remark {
  kind: "info" | "warning";
  text: string;
}

export function incompatibleTypes(left: string, op: BinaryOp, right: string): Remark {
  const text = `incompatible sample types encountered for binary operator "${op}": ${left} ${op} ${right}`;
  return { kind: "info", text };
}

export function incompatibleLayout(op: BinaryOp): Remark {
  const text = `incompatible bucket layout encountered for binary operator ${op}`;
  return { kind: "warning", text };
}

export function resetsConflict(what: string): Remark {
  return { kind: "warning", text: `conflicting counter resets during histogram ${what}` };
}

export function boundsReconciled(what: string): Remark {
  return { kind: "info", text: `mismatched custom buckets were reconciled during ${what}` };
}

/** Of the remarks on the samples of one step upstream tells the last; this keeps them until all rows are done. */
export class StepRemarks {
  private readonly last: (Remark | undefined)[] = [];

  add(step: number, remark: Remark): void {
    this.last[step] = remark;
  }

  tell(annotations: Annotations, place: Span): void {
    for (const remark of new Set(this.last)) {
      if (remark?.kind === "info") annotations.info(remark.text, place);
      else if (remark) annotations.warn(remark.text, place);
    }
  }
}
