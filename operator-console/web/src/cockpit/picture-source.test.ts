import { describe, expect, it } from "vitest";
import { FakeFrame } from "./codecs.fixture";
import { LatestFrame, type PictureSink } from "./picture-source";

describe("the latest frame", () => {
  it("lets only the newest wait while one is being taken, and closes every one once", async () => {
    const { latest, taken, done } = slow();
    const frames = [1, 2, 3].map((timestamp) => new FakeFrame(timestamp));
    for (const frame of frames) latest.put(frame as unknown as VideoFrame, frame.timestamp);
    expect(taken).toEqual([1]);
    expect(frames.map(({ closed }) => closed)).toEqual([0, 1, 0]);
    await done();
    expect(taken).toEqual([1, 3]);
    await done();
    expect(frames.map(({ closed }) => closed)).toEqual([1, 1, 1]);
  });

  it("closes what nobody takes, and what waits when nobody takes any more", async () => {
    const { latest, taken, done } = slow();
    const frames = [1, 2, 3].map((timestamp) => new FakeFrame(timestamp));
    const [first, second, third] = frames as unknown as [VideoFrame, VideoFrame, VideoFrame];
    latest.put(first, 1);
    latest.put(second, 2);
    latest.to(null);
    expect(frames[1]?.closed).toBe(1);
    await done();
    latest.put(third, 3);
    await Promise.resolve();
    await Promise.resolve();
    expect(taken).toEqual([1]);
    expect(frames.map(({ closed }) => closed)).toEqual([1, 1, 1]);
  });

  it("goes on after a picture that could not be drawn", async () => {
    const taken: number[] = [];
    const latest = new LatestFrame();
    latest.to({ frame: (_frame, rtp) => (taken.push(rtp), Promise.reject(new Error("no canvas"))), image: () => undefined });
    const frame = new FakeFrame(1);
    latest.put(frame as unknown as VideoFrame, 1);
    await new Promise((resolve) => setImmediate(resolve));
    latest.put(new FakeFrame(2) as unknown as VideoFrame, 2);
    expect(taken).toEqual([1, 2]);
    expect(frame.closed).toBe(1);
  });
});

/** Somebody who takes a frame only when told to. */
function slow() {
  const taken: number[] = [];
  let finish = (): void => undefined;
  const sink: PictureSink = {
    frame: (_frame, rtp) => {
      taken.push(rtp);
      return new Promise((resolve) => (finish = resolve));
    },
    image: () => undefined,
  };
  const latest = new LatestFrame();
  latest.to(sink);
  const done = async (): Promise<void> => {
    finish();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { latest, taken, done };
}
