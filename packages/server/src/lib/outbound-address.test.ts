import { describe, expect, it } from "vitest";

import { createAddressFilter } from "./outbound-address.ts";

const CLOSED = { allowLinkLocal: false, allowAddresses: [] };

describe("the address filter", () => {
  const filter = createAddressFilter(CLOSED);

  it.each([
    "127.0.0.1",
    "::1",
    "::ffff:127.0.0.1",
    "10.1.2.3",
    "172.16.0.9",
    "192.168.1.1",
    "fd12:3456::1",
    "fd00:ec2::253",
    "93.184.216.34",
    "2606:2800:220:1:248:1893:25c8:1946",
    "64:ff9b::5db8:d822",
    "2002:5db8:d822::1",
    "100.100.100.201",
    "169.253.255.255",
    "fec0::1",
  ])("lets %s through", (address) => {
    expect(filter(address)).toBeNull();
  });

  it.each([
    ["169.254.169.254", "link-local"],
    ["169.254.0.1", "link-local"],
    ["fe80::1", "link-local"],
    ["fe80::1%eth0", "link-local"],
    ["febf:ffff::1", "link-local"],
    ["::ffff:169.254.169.254", "link-local"],
    ["::ffff:a9fe:a9fe", "link-local"],
    ["0:0:0:0:0:ffff:a9fe:1", "link-local"],
    ["::a9fe:a9fe", "link-local"],
    ["64:ff9b::a9fe:a9fe", "link-local"],
    ["2002:a9fe:a9fe::1", "link-local"],
    ["100.100.100.200", "metadata"],
    ["::ffff:100.100.100.200", "metadata"],
    ["fd00:ec2::254", "metadata"],
    ["fd00:0ec2:0:0:0:0:0:0254", "metadata"],
    ["fd20:ce::254", "metadata"],
    ["0.0.0.0", "one service"],
    ["0.1.2.3", "one service"],
    ["::", "one service"],
    ["::ffff:0.0.0.0", "one service"],
    ["224.0.0.1", "one service"],
    ["239.255.255.255", "one service"],
    ["255.255.255.255", "one service"],
    ["ff02::1", "one service"],
    ["example.org", "not an address"],
  ])("refuses %s", (address, reason) => {
    expect(filter(address)).toContain(reason);
  });

  it("lets link-local and metadata addresses through when they are allowed, and nothing else", () => {
    const open = createAddressFilter({ allowLinkLocal: true, allowAddresses: [] });
    expect(open("169.254.169.254")).toBeNull();
    expect(open("fd00:ec2::254")).toBeNull();
    expect(open("0.0.0.0")).not.toBeNull();
    expect(open("ff02::1")).not.toBeNull();
  });

  it("lets single addresses and networks through", () => {
    const some = createAddressFilter({
      allowLinkLocal: false,
      allowAddresses: ["169.254.7.0/24", "fe80::7", "224.0.0.9"],
    });
    expect(some("169.254.7.200")).toBeNull();
    expect(some("::ffff:169.254.7.200")).toBeNull();
    expect(some("fe80::7")).toBeNull();
    expect(some("224.0.0.9")).toBeNull();
    expect(some("169.254.8.1")).not.toBeNull();
    expect(some("fe80::8")).not.toBeNull();
  });
});
