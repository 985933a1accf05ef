import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { describeError } from "#lib";
import { z } from "zod";

/** What a token may do; each scope is granted by name. */
export const TOKEN_SCOPES = ["read", "write", "admin"] as const;

/** Longest token that is read from a file; longer files are not tokens. */
const MAX_TOKEN_LENGTH = 4096;

/** SHA-256 of a token in lower-case hexadecimal, as `auth.tokens[].token_sha256` holds it. */
export const hashToken = (token: string): string =>
  createHash("sha256").update(token, "utf8").digest("hex");

function readTokenFile(path: string): string {
  const token = readFileSync(path, "utf8").trim();
  if (token === "") throw new Error("the file is empty");
  if (token.length > MAX_TOKEN_LENGTH)
    throw new Error(`longer than ${MAX_TOKEN_LENGTH} characters`);
  return token;
}

/** One accepted token. However it was given, only its hash is kept. */
export const TokenEntry = z
  .strictObject({
    name: z.string().min(1).max(128).describe("Name of the holder, for logs."),
    token_sha256: z
      .string()
      .regex(/^[0-9a-fA-F]{64}$/, "expected 64 hexadecimal digits")
      .optional()
      .describe("SHA-256 of the token."),
    token: z
      .string()
      .min(1)
      .max(MAX_TOKEN_LENGTH)
      .optional()
      .describe("The token itself, hashed when it is read."),
    token_file: z.string().min(1).max(4096).optional().describe("File that holds the token."),
    scopes: z
      .array(z.enum(TOKEN_SCOPES))
      .min(1)
      .describe("What its holder may do: `read`, `write` or `admin`."),
  })
  .transform((entry, context) => {
    const { name, scopes, token, token_file, token_sha256 } = entry;
    const given = [token_sha256, token, token_file].filter((value) => value !== undefined);
    const problem = (message: string, path: string[] = []) => {
      context.addIssue({ code: "custom", message, path });
      return z.NEVER;
    };
    if (given.length !== 1)
      return problem("give exactly one of token_sha256, token and token_file");
    if (token_sha256 !== undefined)
      return { name, scopes, token_sha256: token_sha256.toLowerCase() };
    if (token !== undefined) return { name, scopes, token_sha256: hashToken(token) };
    try {
      return { name, scopes, token_sha256: hashToken(readTokenFile(token_file ?? "")) };
    } catch (error) {
      return problem(`cannot be read: ${describeError(error)}`, ["token_file"]);
    }
  });
