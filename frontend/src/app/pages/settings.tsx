import { SettingsPage } from "@/features/settings";

import { keyboardSheet } from "../shell/keyboard-sheet";
import { Scrolled } from "../shell/scrolled";

export function Settings() {
  return (
    <Scrolled>
      <SettingsPage onShowKeys={() => keyboardSheet.set(true)} />
    </Scrolled>
  );
}
