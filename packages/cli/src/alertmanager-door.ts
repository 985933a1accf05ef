import { EarlyDoor } from "./early-door.ts";

const FLAG = "--web.listen-address";

/** `:9093`, `host:9093` or `[::1]:9093`, as Go writes addresses to listen on; undefined for any other text. */
export function readListenAddress(text: string): { host: string; port: number } | undefined {
  const found = /^(?:\[([\da-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (!found || port > 65_535) return undefined;
  const host = found[1] ?? found[2] ?? "";
  return { host: host === "" ? "0.0.0.0" : host, port };
}

export const DEFAULT_ADDRESS = ":9093";

/** The first address of a command line, before anything is loaded that could read it properly. */
function firstAddress(args: readonly string[]): string {
  for (const [index, arg] of args.entries()) {
    if (arg.startsWith(`${FLAG}=`)) return arg.slice(FLAG.length + 1);
    if (arg === FLAG) return args[index + 1] ?? "";
  }
  return DEFAULT_ADDRESS;
}

/** These only answer and end. */
const NO_SERVER = new Set(["--help", "-h", "--version", "-V"]);

let door: EarlyDoor | undefined;

/**
 * Opens the door for `fleetlight alertmanager` as early as can be. One that cannot be opened is told of later, when
 * the command line has been understood.
 */
export async function openAlertmanagerDoor(args: readonly string[]): Promise<void> {
  // With a certificate the door is opened by the server, which has it.
  const hasTls = Object.keys(process.env).some((name) => name.startsWith("FLEETLIGHT_SERVER__TLS"));
  const address = readListenAddress(firstAddress(args));
  if (address === undefined || hasTls || args.some((arg) => NO_SERVER.has(arg))) return;
  door = new EarlyDoor(address);
  await door.opened().catch(() => undefined);
}

/** The door that was opened, if there is one; it is the caller's from then on. */
export function takeAlertmanagerDoor(): EarlyDoor | undefined {
  const taken = door;
  door = undefined;
  return taken;
}
