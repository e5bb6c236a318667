// Errors: codes, causes and assertions.
import { AssertionFailure, BasaltError, assert, assertSafeInteger, errorText } from "../../../src/base/index";

test("a BasaltError carries code, retryability and cause", () => {
  const cause = new Error("disk");
  const error = new BasaltError("STORAGE_FAILED", "The disk failed.", { retryable: true, cause });
  expect([error.code, error.retryable, error.cause, error.message]).toEqual([
    "STORAGE_FAILED",
    true,
    cause,
    "The disk failed.",
  ]);
  expect(error).toBeInstanceOf(Error);
  const plain = new BasaltError("X", "y");
  expect([plain.retryable, "cause" in plain]).toEqual([false, false]);
});

test("an assertion that does not hold throws an AssertionFailure", () => {
  expect(() => assert(1, "fine")).not.toThrow();
  expect(() => assert(0, "it holds")).toThrow(AssertionFailure);
  expect(() => assert(0, "it holds")).toThrow("internal invariant broken: it holds");
  expect(assertSafeInteger(2 ** 53 - 1, "an index")).toBe(2 ** 53 - 1);
  for (const value of [2 ** 53, -1, 0.5, Number.NaN]) {
    expect(() => assertSafeInteger(value, "an index")).toThrow("an index");
  }
});

test("the text of anything thrown", () => {
  expect([errorText(new Error("a")), errorText("b"), errorText(undefined)]).toEqual(["a", "b", "undefined"]);
});
