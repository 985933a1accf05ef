export { LogReceiver, type TakenLines, type TakenLogs } from "./receiver.ts";
