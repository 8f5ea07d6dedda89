import { createStore } from "@/lib/store";

/** The dialog of saved prompts: closed, showing them all, or asking for a name for a text that is to become one. */
export const promptsDialog = createStore<"closed" | "all" | { text: string }>("closed");
