export { OtlpReceiver, type OtlpEncoding } from "./receiver.ts";
