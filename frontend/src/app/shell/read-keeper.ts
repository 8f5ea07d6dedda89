export { ReadKeeper as default } from "@/features/sessions";
