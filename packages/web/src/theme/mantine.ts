import type {
  CSSVariablesResolver,
  MantineColorsTuple,
  VariantColorsResolver,
} from "@mantine/core";
import { createTheme, defaultVariantColorsResolver } from "@mantine/core";

const amber: MantineColorsTuple = [
  "#fff7e6",
  "#feecc7",
  "#fcd98a",
  "#fac658",
  "#f7b538",
  "#f5a524",
  "#d98a0b",
  "#c46c06",
  "#b45309",
  "#8f3f0b",
];

/** Mantine takes one text colour for both themes; dark text belongs on the bright amber, light text on the deep one. */
const variantColors: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  return input.variant === "filled" && (input.color ?? "amber") === "amber"
    ? { ...colors, color: "var(--mantine-primary-color-contrast)" }
    : colors;
};

/** Mantine draws fields and controls of the dark theme with this scale; the neutral grey it brings clashes with slate. */
const dark: MantineColorsTuple = [
  "#e8ecf2",
  "#c3ccd8",
  "#a3aebd",
  "#8592a3",
  "#313c4c",
  "#262f3c",
  "#0c1016",
  "#10141b",
  "#0c1016",
  "#07090d",
];

export const theme = createTheme({
  primaryColor: "amber",
  colors: { amber, dark },
  primaryShade: { light: 8, dark: 5 },
  variantColorResolver: variantColors,
  fontFamily: "var(--fl-font)",
  fontFamilyMonospace: "var(--fl-mono)",
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "20px" },
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
});

const shared = {
  "--mantine-color-body": "var(--fl-panel)",
  "--mantine-color-text": "var(--fl-text)",
  "--mantine-color-dimmed": "var(--fl-dim)",
  "--mantine-color-placeholder": "var(--fl-faint)",
  "--mantine-color-default": "var(--fl-panel)",
  "--mantine-color-default-hover": "var(--fl-raised)",
  "--mantine-color-default-color": "var(--fl-text)",
  "--mantine-color-default-border": "var(--fl-line-strong)",
  "--mantine-color-error": "var(--fl-unhealthy)",
  "--mantine-color-anchor": "var(--fl-accent)",
};

/** Points Mantine's own colours at the console's tokens, so that there is one list of colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: shared,
  dark: { ...shared, "--mantine-primary-color-contrast": "#1a1204" },
});
