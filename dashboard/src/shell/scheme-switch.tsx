import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { AutoIcon, MoonIcon, SunIcon } from "./icons.js";

const next = { auto: "light", light: "dark", dark: "auto" } as const;
const pictures = { auto: AutoIcon, light: SunIcon, dark: MoonIcon };
const names = { auto: "system", light: "light", dark: "dark" };

/** Cycles through system, light and dark. Stored in the browser. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Picture = pictures[colorScheme];
  const label = `Colour scheme: ${names[colorScheme]}. Switch to ${names[next[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} onClick={() => setColorScheme(next[colorScheme])}>
        <Picture />
      </ActionIcon>
    </Tooltip>
  );
}
