import { createStore } from "@/lib/store";

/** Whether the command palette is open. */
export const palette = createStore(false);
