/** Files that come with a message: which may, and in what shape they are sent. */
import { formatBytes } from "@/lib/format";

export interface PendingFile {
  id: string;
  file: File;
  /** An object URL of an image; to be revoked when the file is removed or sent. */
  thumbnail: string | null;
}

export const MAX_FILES = 20;
/** Together. The API takes requests of 32 MiB; the rest is room for the form around them. */
export const MAX_BYTES = 20_000_000;
/** A text longer than this is better read as a file than in the box. */
export const LONG_PASTE = 8_000;
/** No model sees more of an image: what is larger is only slower to send. */
const LONGEST_SIDE = 2000;

const IMAGES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
const TEXT_ENDINGS = /\.(txt|md|csv|tsv|json|ya?ml|xml|html?|css|log|ini|toml|sql|py|tsx?|jsx?|mjs|java|kt|go|rs|rb|php|c|h|cc|cpp|hpp|cs|swift|sh|tf)$/i;

/** What the file picker offers. */
export const ACCEPT = [...IMAGES, "application/pdf", "application/json", "text/*", ".md", ".csv", ".yaml", ".yml", ".log", ".sql", ".py", ".ts", ".tsx", ".go", ".rs"].join(",");

export function isImage(type: string): boolean {
  return IMAGES.includes(type);
}

/** A sentence for why a file cannot come along; null when it can. */
export function refusal(file: File): string | null {
  if (file.size === 0) return `${file.name} is empty.`;
  if (kindOf(file) === null) return `${file.name} cannot be read by the agents: send images (PNG, JPEG, WebP, GIF), PDF or text.`;
  if (file.size > MAX_BYTES && !isImage(file.type)) return `${file.name} has ${formatBytes(file.size)}; ${formatBytes(MAX_BYTES)} is the most.`;
  return null;
}

/** The type to send a file as; null when it is none that may be sent. Code and notes are text, whatever the browser calls them. */
export function kindOf(file: File): string | null {
  const type = file.type.split(";")[0]?.trim().toLowerCase() ?? "";
  if (isImage(type) || type === "application/pdf" || type === "application/json" || type.startsWith("text/")) return type;
  if (TEXT_ENDINGS.test(file.name)) return "text/plain";
  return null;
}

/** The files that fit beside those already there, and a sentence for each that does not. */
export function admitted(present: readonly File[], offered: readonly File[]): { files: File[]; refusals: string[] } {
  const files: File[] = [];
  const refusals: string[] = [];
  let bytes = present.reduce((sum, file) => sum + file.size, 0);
  for (const file of offered) {
    const why = refusal(file);
    if (why) {
      refusals.push(why);
    } else if (present.length + files.length >= MAX_FILES) {
      refusals.push(`At most ${MAX_FILES} files can come with one message: ${file.name} was left out.`);
    } else if (bytes + file.size > MAX_BYTES) {
      refusals.push(`With ${file.name} the files would have more than ${formatBytes(MAX_BYTES)} together.`);
    } else {
      files.push(file);
      bytes += file.size;
    }
  }
  return { files, refusals };
}

/** The size that an image is sent in: none of its sides longer than LONGEST_SIDE. */
export function fitted(width: number, height: number): { width: number; height: number; smaller: boolean } {
  const scale = LONGEST_SIDE / Math.max(width, height);
  if (scale >= 1) return { width, height, smaller: false };
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)), smaller: true };
}

/** The image in a size that is worth sending; other files, moving pictures, and what cannot be drawn come back as they are. */
export async function prepared(file: File): Promise<File> {
  if (!isImage(file.type) || file.type === "image/gif") return typed(file);
  try {
    const bitmap = await createImageBitmap(file);
    const size = fitted(bitmap.width, bitmap.height);
    if (!size.smaller) {
      bitmap.close();
      return file;
    }
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, size.width, size.height);
    bitmap.close();
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, file.type, 0.9));
    return blob && blob.size < file.size ? new File([blob], file.name, { type: file.type }) : file;
  } catch {
    // A picture that this browser cannot draw may still be one that the model can read.
    return file;
  }
}

/** The file under the type that the API takes it as. */
function typed(file: File): File {
  const type = kindOf(file) ?? file.type;
  return type === file.type ? file : new File([file], file.name, { type });
}

/** A long text as a file, named for what it seems to be. */
export function textAsFile(text: string): File {
  const json = /^\s*[[{]/.test(text) && isJson(text);
  return new File([text], json ? "pasted.json" : "pasted.txt", { type: json ? "application/json" : "text/plain" });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
