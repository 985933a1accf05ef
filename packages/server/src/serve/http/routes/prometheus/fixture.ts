import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { ConfigInput } from "#config";

/** A server for tests of this API: nothing but what the test writes is in its store, however old it is. */
export const QUIET: ConfigInput = {
  host: { enabled: false },
  monitoring: { self_metrics: false },
  server: { rate_limit: { requests_per_minute: 0 } },
  storage: { retention: { metrics: "100y" } },
};

/** Writes a body of remote write, compressed with snappy. */
export async function feed(url: string, body: Buffer, tenant = "default"): Promise<void> {
  const answer = await fetch(`${url}/api/v1/write`, {
    method: "POST",
    headers: {
      "content-type": "application/x-protobuf",
      "content-encoding": "snappy",
      "x-scope-orgid": tenant,
    },
    body: new Uint8Array(body),
  });
  if (!answer.ok) throw new Error(`not written: ${answer.status} ${await answer.text()}`);
}

/** A file of the folder `shared` beside the project, when it is there. */
export const sharedFile = (path: string): string | undefined =>
  ["../../../../../../../../shared", "../../../../../../../../../shared"]
    .map((up) => fileURLToPath(new URL(`${up}/${path}`, import.meta.url)))
    .find((file) => existsSync(file));
