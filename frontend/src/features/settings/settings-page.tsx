import { Keyboard, MonitorX } from "lucide-react";
import { useState } from "react";

import { Button, ConfirmDialog, Field, Select, Switch, toast } from "@/components/ui";
import { messageOf } from "@/lib/api";
import { notifications, turnOnNotifications } from "@/lib/notify";
import { useSession } from "@/lib/session";
import { autoscroll, hotkeysOn, sendKey } from "@/lib/settings";
import { forgetStored } from "@/lib/storage";
import { useStore } from "@/lib/store";
import { density, highContrast, textSize, theme, TEXT_SIZES, type Density, type Theme } from "@/lib/theme";
import { keyNames } from "@/lib/hotkeys";

import { MySessions } from "./my-sessions/my-sessions";
import { Section } from "./section";
import { SignIns } from "./sign-ins";

/** What a person can set for this browser, and for their account. */
export function SettingsPage({ onShowKeys }: { onShowKeys: () => void }) {
  return (
    <div className="mx-auto w-full max-w-2xl px-4 py-6">
      <h1 className="text-xl font-semibold">Settings</h1>
      <Appearance />
      <Chat />
      <Keys onShowKeys={onShowKeys} />
      <Account />
      <SignIns />
      <MySessions />
      <ThisBrowser />
    </div>
  );
}

const SIZE_NAMES = ["Normal", "Large", "Larger", "Largest"];

function Appearance() {
  const chosen = useStore(theme);
  const size = useStore(textSize);
  const room = useStore(density);
  const contrast = useStore(highContrast);
  return (
    <Section title="Appearance">
      <Field label="Theme">
        {(ids) => (
          <Select {...ids} value={chosen} onChange={(event) => theme.set(event.target.value as Theme)}>
            <option value="system">As the system</option>
            <option value="light">Light</option>
            <option value="dark">Dark</option>
          </Select>
        )}
      </Field>
      <Switch label="High contrast" checked={contrast} onCheckedChange={highContrast.set} />
      <Field label="Text size">
        {(ids) => (
          <Select {...ids} value={size} onChange={(event) => textSize.set(Number(event.target.value))}>
            {TEXT_SIZES.map((one, n) => (
              <option key={one} value={one}>
                {SIZE_NAMES[n]}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label="Density" hint="Compact shows more at once where there is a mouse.">
        {(ids) => (
          <Select {...ids} value={room} onChange={(event) => density.set(event.target.value as Density)}>
            <option value="comfortable">Comfortable</option>
            <option value="compact">Compact</option>
          </Select>
        )}
      </Field>
    </Section>
  );
}

function Chat() {
  const send = useStore(sendKey);
  const follows = useStore(autoscroll);
  const notices = useStore(notifications);
  const setNotices = async (on: boolean): Promise<void> => {
    if (!on) notifications.set(false);
    else if (!(await turnOnNotifications())) toast("The browser does not let this page notify you. Allow it in the browser’s settings.");
  };
  const chord = keyNames("mod+enter").join(" ");
  return (
    <Section title="Chat">
      <Field label="Send a message with" hint={send === "enter" ? "Shift Enter makes a new line." : "Enter makes a new line."}>
        {(ids) => (
          <Select {...ids} value={send} onChange={(event) => sendKey.set(event.target.value === "enter" ? "enter" : "mod+enter")}>
            <option value="enter">Enter</option>
            <option value="mod+enter">{chord}</option>
          </Select>
        )}
      </Field>
      <Switch label="Follow an answer while it is being written" checked={follows} onCheckedChange={autoscroll.set} />
      <Switch label="Notify me when an answer is ready and I am elsewhere" checked={notices} onCheckedChange={(on) => void setNotices(on)} />
    </Section>
  );
}

function Keys({ onShowKeys }: { onShowKeys: () => void }) {
  const on = useStore(hotkeysOn);
  return (
    <Section title="Keyboard">
      <Switch label="Keyboard shortcuts" checked={on} onCheckedChange={hotkeysOn.set} />
      <Button className="self-start" icon={<Keyboard aria-hidden />} onClick={onShowKeys}>
        Show all shortcuts
      </Button>
    </Section>
  );
}

function Account() {
  const { user, workspace, signOut, signOutEverywhere } = useSession();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const failed = (error: unknown): void => void toast(messageOf(error));
  const everywhere = (): void => {
    setBusy(true);
    signOutEverywhere()
      .catch(failed)
      .finally(() => {
        setBusy(false);
        setAsking(false);
      });
  };
  return (
    <Section title="Account">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 text-sm">
        <dt className="text-muted">Name</dt>
        <dd className="truncate">{user?.name}</dd>
        <dt className="text-muted">E-mail</dt>
        <dd className="truncate">{user?.email}</dd>
        <dt className="text-muted">Workspace</dt>
        <dd className="truncate">{workspace?.name}</dd>
      </dl>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => void signOut().catch(failed)}>Sign out</Button>
        <Button variant="danger" icon={<MonitorX aria-hidden />} onClick={() => setAsking(true)}>
          Sign out everywhere
        </Button>
      </div>
      <ConfirmDialog
        open={asking}
        title="Sign out everywhere?"
        text="You will be signed out on every device and in every browser, here too. Someone who still holds an access token can use it for at most 30 seconds more."
        action="Sign out everywhere"
        danger
        busy={busy}
        onConfirm={everywhere}
        onClose={() => setAsking(false)}
      />
    </Section>
  );
}

function ThisBrowser() {
  const [asking, setAsking] = useState(false);
  return (
    <Section title="Data in this browser">
      <p className="text-sm text-muted">
        Drafts of messages, these settings and the sidebar’s width are kept in this browser.
      </p>
      <Button className="self-start" onClick={() => setAsking(true)}>
        Clear this browser’s data
      </Button>
      <ConfirmDialog
        open={asking}
        title="Clear this browser’s data?"
        text="Drafts that were not sent are lost, and the settings are as at first."
        action="Clear"
        danger
        onConfirm={() => {
          forgetStored();
          location.reload();
        }}
        onClose={() => setAsking(false)}
      />
    </Section>
  );
}
