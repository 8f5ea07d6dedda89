import { Conversation } from "./conversation";
import { newId } from "../logic/ids";

const known = new Map<string, Conversation>();
let unbegun: Conversation | null = null;

/** Sessions kept in memory beside the one that is looked at: to go back and forth is free. */
const KEPT = 20;

/** The conversation of a session: the same object for as long as the page lives. `readFirst` reads its last runs when they are not known yet. */
export function conversationOf(session: string, readFirst?: ConstructorParameters<typeof Conversation>[2]): Conversation {
  const found = known.get(session);
  const conversation = found ?? keep(new Conversation(session, false, readFirst));
  if (found) {
    known.delete(session);
    known.set(session, found);
  }
  return conversation;
}

/** The one that a new chat begins with. Its id is made here, so that everything has a name before the first answer. */
export function newConversation(): Conversation {
  if (unbegun === null || unbegun.begun) unbegun = keep(new Conversation(newId("ses"), true));
  return unbegun;
}

function keep(conversation: Conversation): Conversation {
  known.set(conversation.id, conversation);
  for (const [id, old] of known) {
    if (known.size <= KEPT) break;
    if (!old.busy && old !== unbegun && old !== conversation) known.delete(id);
  }
  return conversation;
}

interface Notice {
  session: string;
}

const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("reggie.chat");

/** Tells the other tabs that a run of this session began or ended. */
export function tellTabs(session: string): void {
  channel?.postMessage({ session } satisfies Notice);
}

if (channel) {
  channel.onmessage = ({ data }: MessageEvent<Notice>) => {
    // A session that no tab shows is read when it is opened.
    void known.get(data.session)?.refresh();
  };
}

/** Sessions may have changed while the page was not looked at. */
export function refreshSeen(session: string): void {
  void known.get(session)?.refresh();
}
