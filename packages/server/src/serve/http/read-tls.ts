import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";

import type { Config } from "#config";
import { describeError, FleetlightError } from "#lib";

/** @throws FleetlightError `config_invalid` that names the file and what is wrong with it. */
export function readTls({ cert_file, key_file }: NonNullable<Config["server"]["tls"]>) {
  const attempt = <T>(setting: string, file: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      const message = `server.tls.${setting}: ${file}: ${describeError(error)}`;
      throw new FleetlightError("config_invalid", 400, message);
    }
  };
  const cert = attempt("cert_file", cert_file, () => readFileSync(cert_file));
  const key = attempt("key_file", key_file, () => readFileSync(key_file));
  attempt("cert_file", cert_file, () => createSecureContext({ cert }));
  attempt("key_file", key_file, () => createSecureContext({ cert, key }));
  return { cert, key };
}
