export { RemoteWriteReceiver, type WriteResult, type WriteVersion } from "./receiver.ts";
