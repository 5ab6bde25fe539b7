import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import { AutoIcon, MoonIcon, SunIcon } from "./icons.js";

const next = { auto: "light", light: "dark", dark: "auto" } as const;
const pictures = { auto: AutoIcon, light: SunIcon, dark: MoonIcon };
const names = { auto: "as the system", light: "light", dark: "dark" };

/** Goes round: as the system says, light, dark. Remembered in this browser. */
export function SchemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const Picture = pictures[colorScheme];
  const label = `Colours: ${names[colorScheme]}. Change to ${names[next[colorScheme]]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon size="lg" aria-label={label} onClick={() => setColorScheme(next[colorScheme])}>
        <Picture />
      </ActionIcon>
    </Tooltip>
  );
}
