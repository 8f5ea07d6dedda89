import { useQuery } from "@tanstack/react-query";
import { FileText, X } from "lucide-react";
import { useEffect, useState } from "react";

import { Dialog, IconButton, Skeleton, toast } from "@/components/ui";
import { formatBytes } from "@/lib/format";

import { fileOf } from "../conversation/requests";
import type { MessageFile } from "../conversation/state";
import { isImage, type PendingFile } from "../logic/attachments";

/** An address for a file of this page, for as long as it is shown. */
function useObjectUrl(file: Blob | undefined): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!file) return;
    const made = URL.createObjectURL(file);
    // The address is a thing outside of React that is made and given back.
    // eslint-disable-next-line react-hooks/set-state-in-effect
    setUrl(made);
    return () => {
      URL.revokeObjectURL(made);
      setUrl(null);
    };
  }, [file]);
  return url;
}

/** The files of a message that was sent. */
export function MessageFiles({ files }: { files: readonly MessageFile[] }) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Files" className="mb-2 flex flex-wrap justify-end gap-2">
      {files.map((file, n) => (
        <li key={`${n} ${file.name}`}>{isImage(file.type) ? <Picture file={file} /> : <FileCard file={file} />}</li>
      ))}
    </ul>
  );
}

function Picture({ file }: { file: MessageFile }) {
  const [open, setOpen] = useState(false);
  const { data, isError } = useQuery({ queryKey: ["file", file.url, file.name], queryFn: () => fileOf(file), enabled: file.file === null, staleTime: Infinity });
  const url = useObjectUrl(file.file ?? data);
  if (isError) return <FileCard file={file} />;
  if (url === null) return <Skeleton className="size-32 rounded-xl" />;
  return (
    <>
      <button type="button" aria-label={`Open ${file.name}`} onClick={() => setOpen(true)} className="block overflow-hidden rounded-xl border border-line">
        <img src={url} alt={file.name} className="size-32 object-cover" />
      </button>
      <Dialog open={open} title={file.name} onClose={() => setOpen(false)} className="w-fit max-w-[calc(100vw-2rem)]">
        <img src={url} alt={file.name} className="mx-auto max-h-[70dvh] max-w-full object-contain" />
      </Dialog>
    </>
  );
}

function FileCard({ file }: { file: MessageFile }) {
  return (
    <button
      type="button"
      aria-label={`Download ${file.name}`}
      onClick={() => void download(file)}
      className="flex items-center gap-2 rounded-xl border border-line bg-raised px-3 py-2 text-left text-sm hover:bg-panel pointer-coarse:min-h-11"
    >
      <FileText aria-hidden className="size-4 shrink-0 text-muted" />
      <span className="max-w-48 truncate">{file.name}</span>
      <span className="text-xs text-muted">{formatBytes(file.size)}</span>
    </button>
  );
}

async function download(file: MessageFile): Promise<void> {
  try {
    const url = URL.createObjectURL(await fileOf(file));
    const link = document.createElement("a");
    link.href = url;
    link.download = file.name;
    link.click();
    // The browser has taken the address by then.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  } catch {
    toast(`${file.name} could not be read.`);
  }
}

interface RefusalsProps {
  sentences: readonly string[];
  onDismiss: () => void;
}

/** Files that cannot come along, each with its reason; the message can be sent all the same. */
export function Refusals({ sentences, onDismiss }: RefusalsProps) {
  if (sentences.length === 0) return null;
  return (
    <div role="alert" className="mx-3 mt-3 flex items-start gap-2 rounded-lg bg-danger-soft py-1 pr-1 pl-3 text-sm">
      <ul className="min-w-0 flex-1 py-0.5">
        {sentences.map((sentence) => (
          <li key={sentence} className="break-words">
            {sentence}
          </li>
        ))}
      </ul>
      <IconButton label="Dismiss" size="sm" onClick={onDismiss}>
        <X aria-hidden />
      </IconButton>
    </div>
  );
}

interface PendingProps {
  files: readonly PendingFile[];
  onRemove: (id: string) => void;
}

/** The files that will go with the message being typed. */
export function PendingFiles({ files, onRemove }: PendingProps) {
  if (files.length === 0) return null;
  return (
    <ul aria-label="Files to send" className="flex flex-wrap gap-2 px-3 pt-3">
      {files.map(({ id, file, thumbnail }) => (
        <li key={id} className="flex items-center gap-2 rounded-xl border border-line bg-panel py-1 pr-1 pl-1.5 text-sm">
          {thumbnail === null ? (
            <FileText aria-hidden className="ml-1 size-4 shrink-0 text-muted" />
          ) : (
            <img src={thumbnail} alt="" className="size-9 rounded-md object-cover" />
          )}
          <span className="max-w-40 truncate">{file.name}</span>
          <span className="text-xs text-muted">{formatBytes(file.size)}</span>
          <IconButton label={`Remove ${file.name}`} size="sm" onClick={() => onRemove(id)}>
            <X aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}
