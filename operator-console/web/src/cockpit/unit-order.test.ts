import { describe, expect, it } from "vitest";
import { MOST_WAITING, type Ordered, PATIENCE_MS, type UnitLabel, UnitOrder, WISH_AGAIN_MS } from "./unit-order";

const NOTHING = { decode: [], dropped: 0, wish: false };

describe("units in order", () => {
  it("hands out each unit at once while none is missing", () => {
    const order = new UnitOrder<UnitLabel>();
    expect(numbers(order.arrive(0, key(1)))).toEqual([1]);
    expect(numbers(order.arrive(33, after(2)))).toEqual([2]);
    expect(order.tick(5000)).toEqual(NOTHING);
  });

  it("waits for a unit that was overtaken", () => {
    const order = joined();
    expect(order.arrive(10, after(3))).toEqual(NOTHING);
    expect(numbers(order.arrive(20, after(2)))).toEqual([2, 3]);
    expect(order.waiting).toBe(0);
  });

  it("drops what has waited for 60 ms with all that hangs on it, and wishes for a key frame", () => {
    const order = joined();
    order.arrive(10, after(3));
    order.arrive(40, after(4));
    expect(order.tick(10 + PATIENCE_MS - 1)).toEqual(NOTHING);
    expect(order.tick(10 + PATIENCE_MS)).toEqual({ decode: [], dropped: 2, wish: true });
    // Even the one that was missing is of no use now: what followed it is gone.
    expect(order.arrive(75, after(2))).toEqual(NOTHING);
    expect(numbers(order.arrive(90, key(5)))).toEqual([5]);
    expect(numbers(order.arrive(95, after(6)))).toEqual([6]);
  });

  it("comes to the same after a tick that is late", () => {
    const order = joined();
    order.arrive(10, after(3));
    expect(order.tick(4000)).toEqual({ decode: [], dropped: 1, wish: true });
    expect(order.waits_for_key_frame).toBe(true);
  });

  it("lets a key frame go before what it overtook", () => {
    const order = joined();
    order.arrive(1, after(3));
    expect(order.arrive(2, key(4))).toMatchObject({ decode: [{ number: 4 }], dropped: 1 });
    expect(order.arrive(3, after(2))).toEqual({ decode: [], dropped: 1, wish: false });
  });

  it("keeps a unit that overtook its key frame, without a wish", () => {
    const order = new UnitOrder<UnitLabel>();
    expect(order.arrive(0, after(9))).toEqual(NOTHING);
    expect(numbers(order.arrive(5, key(8)))).toEqual([8, 9]);
  });

  it("drops doubles and what is older than the newest", () => {
    const order = joined();
    order.arrive(1, after(3));
    expect(order.arrive(2, after(3)).dropped).toBe(1);
    expect(order.arrive(3, key(1)).dropped).toBe(1);
  });

  it("begins at a key frame after a decoder error", () => {
    const order = joined();
    order.lost();
    expect(order.tick(4)).toEqual({ ...NOTHING, wish: true });
    expect(order.arrive(10, after(2)).decode).toEqual([]);
    expect(numbers(order.arrive(20, key(3)))).toEqual([3]);
  });

  it("lets never more than eight wait", () => {
    const order = joined();
    for (let number = 3; number < 3 + MOST_WAITING; number++) expect(order.arrive(1, after(number)).dropped).toBe(0);
    expect(order.waiting).toBe(MOST_WAITING);
    expect(order.arrive(1, after(3 + MOST_WAITING))).toEqual({ decode: [], dropped: MOST_WAITING + 1, wish: true });
    expect(order.waiting).toBe(0);
  });

  it("repeats its wish once a second until a key frame comes, and leaves the gateway its first second", () => {
    const order = new UnitOrder<UnitLabel>();
    const wishes: number[] = [];
    for (let at = 0; at < 4000; at += 4) if (order.tick(at).wish) wishes.push(at);
    expect(wishes).toEqual([WISH_AGAIN_MS, 2 * WISH_AGAIN_MS, 3 * WISH_AGAIN_MS]);
    order.arrive(4000, key(1));
    expect(order.tick(9000).wish).toBe(false);
    order.lost();
    expect(order.tick(9001).wish).toBe(true);
    order.arrive(9100, key(2));
    order.lost();
    expect(order.tick(9200).wish).toBe(false);
    expect(order.tick(10_001).wish).toBe(true);
  });

  it("goes on over the wrap of the counters", () => {
    const order = new UnitOrder<UnitLabel>();
    expect(numbers(order.arrive(0, key(2 ** 32 - 1)))).toEqual([2 ** 32 - 1]);
    expect(order.arrive(1, after(1)).decode).toEqual([]);
    expect(numbers(order.arrive(2, after(0)))).toEqual([0, 1]);
  });

  it("goes on when the vehicle's computer counts its units anew", () => {
    const order = new UnitOrder<UnitLabel>();
    order.arrive(0, { number: 10, sequence: 5000, depends_on: 5000, key: true });
    expect(numbers(order.arrive(900, { number: 11, sequence: 1, depends_on: 1, key: true }))).toEqual([11]);
    expect(numbers(order.arrive(933, { number: 15, sequence: 2, depends_on: 1, key: false }))).toEqual([15]);
  });

  it("hands out in order only what can be decoded, in whatever order units come", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomOf(seed);
      const order = new UnitOrder<UnitLabel>();
      const decoded: number[] = [];
      let now_ms = 0;
      for (let step = 0; step < 150; step++) {
        now_ms += random(40);
        const number = random(60);
        if (random(30) === 0) {
          order.lost();
          decoded.push(-1);
        }
        const arrived = number % 7 === 0 ? key(number) : after(number);
        for (const unit of [...order.tick(now_ms).decode, ...order.arrive(now_ms, arrived).decode]) {
          if (!unit.key) expect(decoded.at(-1), `seed ${seed}`).toBe(unit.depends_on);
          expect(unit.number, `seed ${seed}`).toBeGreaterThan(Math.max(...decoded, -1));
          decoded.push(unit.sequence);
        }
        expect(order.waiting).toBeLessThanOrEqual(MOST_WAITING);
      }
    }
  });
});

function joined(): UnitOrder<UnitLabel> {
  const order = new UnitOrder<UnitLabel>();
  order.arrive(0, key(1));
  return order;
}

function key(number: number): UnitLabel {
  return { number, sequence: number, depends_on: number, key: true };
}

function after(number: number): UnitLabel {
  return { number, sequence: number, depends_on: (number + 2 ** 32 - 1) % 2 ** 32, key: false };
}

function numbers({ decode }: Ordered<UnitLabel>): number[] {
  return decode.map(({ number }) => number);
}

/** A small generator, so that a failure can be repeated by its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
