/** Sending a form over XMLHttpRequest: the only way in which a browser tells how much of it has left. */
import type { Transport } from "./client";
import { networkError } from "./errors";

export type Progress = (sent: number, total: number) => void;

/** Sends `form` as the body. The answer begins with its headers, and its body comes piece by piece as fetch gives it. */
export function uploading(form: FormData, onProgress: Progress): Transport {
  return (request) =>
    new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      xhr.open(request.method, request.url);
      request.headers.forEach((value, name) => xhr.setRequestHeader(name, value));
      xhr.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded, total));
      const body = new TextEncoder();
      let read = 0;
      let answer: ReadableStreamDefaultController<Uint8Array> | null = null;
      const stop = (): void => xhr.abort();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      const fail = (reason: unknown): void => (answer ? answer.error(reason) : reject(reason));
      xhr.addEventListener("readystatechange", () => {
        if (xhr.readyState === XMLHttpRequest.HEADERS_RECEIVED && xhr.status > 0) {
          const stream = new ReadableStream<Uint8Array>({ start: (controller) => (answer = controller), cancel: stop });
          resolve(new Response(stream, { status: xhr.status, headers: headersOf(xhr) }));
        }
        // Text is never cut inside of a character, so its pieces make the same bytes again.
        if (xhr.readyState >= XMLHttpRequest.LOADING && answer && xhr.responseText.length > read) {
          answer.enqueue(body.encode(xhr.responseText.slice(read)));
          read = xhr.responseText.length;
        }
      });
      xhr.addEventListener("load", () => answer?.close());
      xhr.addEventListener("error", () => fail(networkError()));
      xhr.addEventListener("abort", () => fail(new DOMException("The request was ended.", "AbortError")));
      xhr.addEventListener("loadend", () => request.signal.removeEventListener("abort", stop));
      request.signal.addEventListener("abort", stop);
      if (request.signal.aborted) fail(new DOMException("The request was ended.", "AbortError"));
      else xhr.send(form);
    });
}

function headersOf(xhr: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const line of xhr.getAllResponseHeaders().trim().split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}
