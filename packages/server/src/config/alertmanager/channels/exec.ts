import { z } from "zod";

import { duration, file } from "../../fields.ts";
import { commonKeys } from "./common.ts";

/** An entry of `exec_configs`; in force only with `alerting.exec.enabled`. */
export const ExecConfig = z.strictObject({
  ...commonKeys(true),
  command: z
    .array(
      z
        .string()
        .max(4096)
        // oxlint-disable-next-line no-control-regex -- An argument with a NUL byte cannot be given to a program.
        .regex(/^[^\0]*$/, "must not contain a NUL byte"),
    )
    .min(1)
    .max(64)
    .refine(([program = ""]) => program.startsWith("/"), "expected the program's absolute path")
    .describe(
      "Program and arguments, no shell; nothing is put into them. The notification comes on standard input, as JSON.",
    ),
  environment: z
    .array(z.string().regex(/^[A-Za-z_]\w{0,127}$/, "not the name of a variable"))
    .max(64)
    .default([])
    .describe("Variables of the server that the program sees besides `PATH`, `LANG` and `TZ`."),
  directory: file().optional().describe("Where it runs; `/` when left out."),
  timeout: duration({ min: "100ms", max: "10m" })
    .prefault("10s")
    .describe("Time after which it is killed with all that it started."),
  max_concurrency: z
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("Most runs at once; further notifications come again later."),
});
