import { describe, expect, it } from "vitest";

import { admitted, fitted, kindOf, MAX_FILES, prepared, textAsFile } from "./attachments";

function file(name: string, type: string, size = 10): File {
  return new File([new Uint8Array(size)], name, { type });
}

describe("files with a message", () => {
  it("may be images, PDF and text, also text that the browser has no name for", () => {
    expect(kindOf(file("a.png", "image/png"))).toBe("image/png");
    expect(kindOf(file("a.rs", ""))).toBe("text/plain");
    expect(kindOf(file("movie.ts", "video/mp2t"))).toBe("text/plain");
    expect(kindOf(file("a.zip", "application/zip"))).toBeNull();
  });

  it("are refused with a sentence that names them", () => {
    const { files, refusals } = admitted([], [file("a.png", "image/png"), file("b.exe", "application/x-msdownload"), file("c.txt", "text/plain", 0)]);
    expect(files.map((one) => one.name)).toEqual(["a.png"]);
    expect(refusals).toEqual([
      "b.exe cannot be read by the agents: send images (PNG, JPEG, WebP, GIF), PDF or text.",
      "c.txt is empty.",
    ]);
  });

  it("are at most 20, and 20 MB together", () => {
    const many = Array.from({ length: MAX_FILES }, (_, n) => file(`${n}.txt`, "text/plain"));
    expect(admitted(many, [file("x.txt", "text/plain")]).refusals[0]).toContain("At most 20 files");
    const large = admitted([file("a.pdf", "application/pdf", 15_000_000)], [file("b.pdf", "application/pdf", 6_000_000)]);
    expect(large.refusals).toEqual(["With b.pdf the files would have more than 20 MB together."]);
  });

  it("go under the type that the API takes", async () => {
    expect((await prepared(file("a.go", ""))).type).toBe("text/plain");
  });
});

it("an image is made to fit 2000 pixels, its shape kept", () => {
  expect(fitted(4000, 1000)).toEqual({ width: 2000, height: 500, smaller: true });
  expect(fitted(800, 600).smaller).toBe(false);
});

it("a long text becomes a file, JSON by its own name", () => {
  expect(textAsFile('{"a": [1]}').name).toBe("pasted.json");
  expect(textAsFile("[not json").name).toBe("pasted.txt");
});
