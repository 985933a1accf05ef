import { FleetlightError, describeError } from "#lib";
import type { NodemailerError } from "nodemailer";

import type { SendResult } from "../channel.ts";
import { hideSecrets, judgeError, permanent, quoteAnswer } from "../http.ts";

/** Errors without an answer of the server that the same mail meets again. */
const PERMANENT_CODES: ReadonlySet<string> = new Set(["EENVELOPE", "ECONFIG", "ENOAUTH"]);

const isMailError = (error: unknown): error is NodemailerError => error instanceof Error;

/** What an error of SMTP means: 5xx is final, 4xx and everything about the connection may pass. */
export function judgeMailError(
  error: unknown,
  secrets: readonly (string | undefined)[],
): SendResult {
  if (error instanceof FleetlightError || !isMailError(error)) return judgeError(error);
  const { responseCode, code = "" } = error;
  const said = describeError(error);
  // A server whose certificate or STARTTLS is missing says 5xx too, and may be mended.
  const isFinal = code === "ETLS" ? false : (error.permanent ?? PERMANENT_CODES.has(code));
  return {
    ok: false,
    statusCode: responseCode ?? null,
    error: hideSecrets(quoteAnswer(said), secrets),
    retryable: !isFinal,
    retryAfterMs: null,
  };
}

export interface Refusal {
  recipient: string;
  isPermanent: boolean;
  said: string;
}

export const refusalsOf = (errors: readonly NodemailerError[]): Refusal[] =>
  errors.map((error) => ({
    recipient: error.recipient ?? "a recipient",
    isPermanent: error.permanent === true,
    said: describeError(error),
  }));

/** Some have the mail and some were refused: one more attempt is for those who may be taken later. */
export function judgeRefusals(
  refusals: readonly Refusal[],
  secrets: readonly (string | undefined)[],
): SendResult {
  if (refusals.length === 0) return { ok: true, statusCode: 250 };
  const told = refusals
    .map(({ recipient, said }) => `${recipient}: ${quoteAnswer(said)}`)
    .join("; ");
  const error = hideSecrets(`the others have it, but not ${told}`, secrets).slice(0, 1000);
  return refusals.every(({ isPermanent }) => isPermanent)
    ? permanent(error)
    : { ok: false, statusCode: null, error, retryable: true, retryAfterMs: null };
}
