import { useHotkeys } from "@mantine/hooks";

const move = (step: number): void => {
  const items = [...document.querySelectorAll<HTMLElement>("main [data-list-item]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = at === -1 ? items[step > 0 ? 0 : items.length - 1] : items[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
};

/** j and k walk through the rows of a page; Enter follows the one in focus, as with every link. */
export const useListKeys = (): void => {
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
  ]);
};
