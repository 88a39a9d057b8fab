import { expect, test } from "vitest";
import { packFrames, type Scene } from "../tools/report/recording.js";
import { Playback } from "./playback.js";
import { Track } from "./track.js";

/** An episode of 2 s in steps of 0.5 s. */
const track = new Track({ dt: 0.5, signals: [{ group: "joint", name: "x", unit: "m" }] } as unknown as Scene);
track.append(packFrames({ frames: 5, poses: [], values: [0, 1, 2, 3, 4] }));

function playing(live = false): Playback {
  const playback = new Playback(track, live);
  playback.toggle();
  return playback;
}

test("time passes at the speed chosen, and not while paused", () => {
  const playback = playing();
  playback.advance(0.5);
  expect(playback.time).toBe(0.5);
  playback.shift(1);
  playback.advance(0.5);
  expect([playback.speed, playback.time]).toEqual([2, 1.5]);
  playback.toggle();
  playback.advance(1);
  expect(playback.time).toBe(1.5);
});

test("the slowest and the fastest speed are the last ones", () => {
  const playback = playing();
  for (let i = 0; i < 9; i++) playback.shift(-1);
  expect(playback.speed).toBe(0.1);
  for (let i = 0; i < 9; i++) playback.shift(1);
  expect(playback.speed).toBe(4);
});

test("the end rests for a second, then the episode starts anew", () => {
  const playback = playing();
  playback.advance(2.9);
  expect(playback.time).toBe(2);
  playback.advance(0.2);
  expect(playback.time).toBe(0);
});

test("a step goes to the next frame, within the episode, and pauses", () => {
  const playback = playing();
  playback.seek(0.7);
  playback.step(1);
  expect([playback.time, playback.playing]).toEqual([1, false]);
  playback.step(-10);
  expect(playback.time).toBe(0);
  playback.step(10);
  expect(playback.time).toBe(2);
});

test("a live view is never more than a second late, and waits at the end", () => {
  const playback = playing(true);
  playback.advance(0.01);
  expect(playback.time).toBe(1);
  playback.advance(5);
  expect(playback.time).toBe(2);
});
