/** Types of failures as Prometheus' HTTP API names them. */
export type EvaluationErrorType = "execution" | "timeout" | "canceled" | "internal" | "bad_data";

/** Thrown when a valid expression cannot be evaluated. The message is upstream's. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
  readonly type: EvaluationErrorType;

  constructor(type: EvaluationErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}
