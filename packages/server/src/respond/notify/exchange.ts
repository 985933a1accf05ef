import { FleetlightError, type OutboundAnswer } from "#lib";

import type { ChannelContext, HttpClient, SendResult } from "./channel.ts";
import { tidyText } from "./fit-text.ts";
import { hideSecrets, post, type PostOptions } from "./http.ts";

/** Answers in JSON are read up to here; those of the services are far smaller. */
const MAX_JSON_BYTES = 65_536;

/** The JSON object that an answer holds; an empty one when it holds none. */
export function jsonOf({ body }: OutboundAnswer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** A time to wait that an answer names, in milliseconds; null when it is none. */
export const waitOf = (value: unknown, unitMs: number): number | null =>
  typeof value === "number" && value >= 0 && value < 1e9 ? Math.ceil(value * unitMs) : null;

/** Texts that are at least this long are secrets wherever they show up; shorter ones would mutilate every message. */
const LEAST_SECRET_CHARACTERS = 6;

/** A secret and what it becomes in URLs, JSON and headers, since receivers like to quote what they refuse. */
export const secretForms = (...secrets: (string | undefined)[]): string[] =>
  [...new Set(secrets)]
    .flatMap((secret) =>
      secret === undefined
        ? []
        : [
            secret,
            encodeURIComponent(tidyText(secret)),
            JSON.stringify(secret).slice(1, -1),
            Buffer.from(secret).toString("base64"),
          ],
    )
    .filter((form) => form.length >= LEAST_SECRET_CHARACTERS)
    .toSorted((a, b) => b.length - a.length);

/** What lets somebody in who has a webhook's URL: parts of its path, its query, its password. */
export function urlSecrets(url: string): string[] {
  const parsed = URL.parse(url);
  if (parsed === null) return secretForms(url);
  const { pathname, search, searchParams, password } = parsed;
  return secretForms(
    url,
    `${pathname}${search}`,
    pathname,
    ...pathname.split("/").filter((part) => part.length >= 16),
    ...searchParams.values(),
    password,
  );
}

/** A secret of the configuration, from where it stands. @throws FleetlightError when the file cannot be used now. */
export async function readSecret(
  context: Pick<ChannelContext, "readSecretFile">,
  value: string | undefined,
  path: string | undefined,
): Promise<string> {
  if (value !== undefined) return value;
  const secret = await context.readSecretFile(path ?? "");
  if (secret !== "") return secret;
  throw new FleetlightError("secret_file", 502, `${path} is empty`, { retryable: true });
}

export interface ExchangeOptions extends Omit<PostOptions, "explain" | "accept"> {
  /** What a refusal says, in the service's own words; the body is quoted when left out. */
  explain?: (answer: OutboundAnswer) => string;
  /** Looks at the answer again: what it says besides its status. */
  refine?: (answer: OutboundAnswer, result: SendResult) => SendResult;
}

/** One request to a service that says more in its answer than the status. Never rejects. */
export async function exchange(
  client: HttpClient,
  url: string,
  { explain, refine, ...options }: ExchangeOptions,
): Promise<SendResult> {
  const { secrets = [] } = options;
  let seen: OutboundAnswer | undefined;
  const result = await post(client, url, {
    maxAnswerBytes: MAX_JSON_BYTES,
    ...options,
    explain: (answer) => {
      seen = answer;
      // Before it is cut: the beginning of a secret at the end of a quotation would stay.
      return hideSecrets(explain?.(answer) ?? answer.body.toString("utf8"), secrets);
    },
    accept: (answer) => {
      seen = answer;
      return undefined;
    },
  });
  if (seen === undefined || refine === undefined) return result;
  const refined = refine(seen, result);
  return refined.ok ? refined : { ...refined, error: hideSecrets(refined.error, secrets) };
}
