import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** The built product, running as a user would run it. */
export interface Product {
  url: string;
  process: ChildProcess;
  /** Everything that it printed so far. */
  output(): string;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL: no time for anything. */
  kill(): Promise<void>;
}

interface ProductOptions {
  dataDir: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** How long it may take until it is ready. */
  timeoutMs?: number;
}

/** Starts `fleetlight serve` on a free port and waits until it says that it is ready. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const child = spawn(
    process.execPath,
    [CLI, "serve", "--port", "0", "--data-dir", options.dataDir, ...(options.args ?? [])],
    {
      // Many run beside one another: none takes the ports that OTLP has on a machine.
      env: {
        ...process.env,
        FLEETLIGHT_OTLP__GRPC_PORT: "off",
        FLEETLIGHT_OTLP__HTTP_PORT: "off",
        ...options.env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`the server was not ready in time:\n${output}`)),
      options.timeoutMs ?? 30_000,
    );
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const line = output.split("\n").find((one) => /\bready\b/.test(one));
      const found = /https?:\/\/[^\s"]+/.exec(line ?? "")?.[0];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    void exited.then(([code]) => {
      clearTimeout(timer);
      reject(new Error(`the server ended with code ${String(code)}:\n${output}`));
    });
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
    return child.exitCode;
  };
  return {
    url,
    process: child,
    output: () => output,
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
  };
}
