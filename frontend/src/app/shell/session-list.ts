/** A chunk of its own: the navigation stands before the list of sessions has come. */
export { SessionList as default } from "@/features/sessions";
