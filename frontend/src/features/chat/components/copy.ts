import { toast } from "@/components/ui";

/** Puts text on the clipboard and says so; or says why not. */
export async function copyText(text: string, told: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(told);
  } catch {
    toast("The browser did not let the page use the clipboard.");
  }
}
