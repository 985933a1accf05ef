import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";

import { hashToken } from "@fleetlight/server/config";

/** Bytes of a generated token: more than anybody can try. */
const TOKEN_BYTES = 32;

/** Prints the hash of the token on standard input, or a new token and its hash. The server never needs the token. */
export async function hashTokenCommand(fromStdin: boolean): Promise<void> {
  if (fromStdin) {
    const token = (await text(process.stdin)).trim();
    if (token === "") throw new Error("standard input holds no token");
    process.stdout.write(`${hashToken(token)}\n`);
    return;
  }
  const token = randomBytes(TOKEN_BYTES).toString("base64url");
  process.stdout.write(
    `token         ${token}\ntoken_sha256  ${hashToken(token)}\n\n` +
      "Give the token to its holder; it is shown only once. Write into the configuration:\n\n" +
      `auth:\n  tokens:\n    - name: choose-a-name\n      token_sha256: ${hashToken(token)}\n      scopes: [read]\n`,
  );
}
