import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  type MantineColorsTuple,
  Modal,
  Notification,
  SegmentedControl,
  Tooltip,
} from "@mantine/core";

/** The accent colour, used only for interactive elements. */
const sea: MantineColorsTuple = [
  "#eef6fa",
  "#d6e8f1",
  "#aed0e2",
  "#82b6d2",
  "#5fa3c8",
  "#408fba",
  "#2a7ba8",
  "#1d648b",
  "#174f6f",
  "#0f3a53",
];

const gray: MantineColorsTuple = [
  "#f7f8f9",
  "#eff2f4",
  "#e2e7eb",
  "#d2d9df",
  "#b7c1ca",
  "#8b98a5",
  "#5d6b79",
  "#465361",
  "#2d3946",
  "#18222c",
];

const dark: MantineColorsTuple = [
  "#d7dfe7",
  "#bcc7d1",
  "#97a5b3",
  "#74828f",
  "#33404c",
  "#27323d",
  "#1b242d",
  "#141b22",
  "#0f151b",
  "#0a0f14",
];

/** The name of every close button, which has only an icon. */
const CLOSE = { "aria-label": "Close" };

export const theme = createTheme({
  primaryColor: "sea",
  primaryShade: { light: 7, dark: 6 },
  colors: { sea, gray, dark },
  black: "#18222c",
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  fontFamily: "var(--font-sans)",
  fontFamilyMonospace: "var(--font-mono)",
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: { fontFamily: "var(--font-sans)", fontWeight: "600" },
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray" } }),
    Drawer: Drawer.extend({ defaultProps: { closeButtonProps: CLOSE } }),
    Modal: Modal.extend({
      defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 }, closeButtonProps: CLOSE },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: CLOSE } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "sm" } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 250, withArrow: true } }),
  },
});

/** Greys for secondary text with a contrast of at least 4.5 : 1 on the application's surfaces, unlike Mantine's defaults. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#55636f",
    "--mantine-color-placeholder": "#66727e",
    "--mantine-color-body": "#ffffff",
    "--mantine-color-error": "#b3261e",
  },
  dark: {
    "--mantine-color-dimmed": "#9aa8b5",
    "--mantine-color-placeholder": "#8796a4",
    "--mantine-color-body": "#141b22",
    "--mantine-color-error": "#ff8a80",
  },
});
