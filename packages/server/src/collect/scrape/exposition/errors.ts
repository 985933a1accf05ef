import { FleetlightError } from "#lib";

/** A page of metrics that cannot be read; `line` counts from 1 and is 0 when only one series was looked at. */
export class ExpositionError extends FleetlightError {
  readonly line: number;

  constructor(line: number, reason: string) {
    super("exposition_invalid", 422, line > 0 ? `line ${line}: ${reason}` : reason);
    this.name = "ExpositionError";
    this.line = line;
  }
}
