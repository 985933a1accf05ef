import { BlockList, isIP, isIPv4 } from "node:net";

/** Which addresses may be asked although they would be refused; the `outbound` section of the configuration. */
export interface OutboundPolicy {
  /** Lets link-local addresses through, cloud metadata services among them. */
  allowLinkLocal: boolean;
  /** Addresses and networks such as `169.254.7.0/24` that are let through in any case. */
  allowAddresses: readonly string[];
}

/** @returns why an address (without brackets) is refused, or null when it may be asked. */
export type AddressFilter = (address: string) => string | null;

const LINK_LOCAL = ["169.254.0.0/16", "fe80::/10"];
/** Metadata services of clouds outside the link-local range: Alibaba, AWS and Google over IPv6. */
const METADATA = ["100.100.100.200", "fd00:ec2::254", "fd20:ce::254"];
const NEVER_A_SERVICE = ["0.0.0.0/8", "::", "224.0.0.0/4", "255.255.255.255", "ff00::/8"];

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv4(address) ? "ipv4" : "ipv6");

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix] = network.split("/");
    const family = familyOf(address);
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** The eight words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const tailed = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = (high: number, low: number): string => (high * 256 + low).toString(16);
  const text = tailed
    ? `${tailed[1]}${hex(Number(tailed[2]), Number(tailed[3]))}:${hex(Number(tailed[4]), Number(tailed[5]))}`
    : address;
  const [head = "", tail] = text.split("::");
  const parse = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const before = parse(head);
  const after = parse(tail ?? "");
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array.from({ length: gap }, () => 0), ...after];
}

const dotted = (high = 0, low = 0): string => `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;

/** The IPv4 address that is written inside an IPv6 one (mapped, compatible, NAT64, 6to4), or null. */
function embeddedIPv4(address: string): string | null {
  const words = wordsOf(address);
  const [g = 0, h = 0] = words.slice(6);
  const prefix = words.slice(0, 6).join();
  if (prefix === "0,0,0,0,0,65535" || prefix === "100,65435,0,0,0,0") return dotted(g, h);
  // `::` and `::1` are no IPv4 addresses.
  if (prefix === "0,0,0,0,0,0") return g > 0 || h > 1 ? dotted(g, h) : null;
  return words[0] === 0x2002 ? dotted(words[1], words[2]) : null;
}

/** Loopback and private networks pass: that is where fleets live. */
export function createAddressFilter(policy: OutboundPolicy): AddressFilter {
  const allowed = listOf(policy.allowAddresses);
  const linkLocal = listOf(LINK_LOCAL);
  const metadata = listOf(METADATA);
  const never = listOf(NEVER_A_SERVICE);

  return (written) => {
    const address = written.replace(/%.*$/, "");
    if (isIP(address) === 0) return "not an address";
    const inner = isIPv4(address) ? null : embeddedIPv4(address);
    const forms = inner === null ? [address] : [address, inner];
    const isIn = (list: BlockList): boolean =>
      forms.some((form) => list.check(form, familyOf(form)));
    if (isIn(allowed)) return null;
    if (isIn(never)) return "not the address of one service";
    if (policy.allowLinkLocal) return null;
    if (isIn(metadata)) return "a cloud metadata address";
    return isIn(linkLocal) ? "a link-local address" : null;
  };
}
