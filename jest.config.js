// Tests are compiled by tsc with the rest of the tree; Jest runs what came out, unchanged. Two workers: the tests that
// start servers wait for disks and processes most of their time, and two cores are what there is.
const long = process.env.BASALT_TEST_LONG === "1";
const countLineReporter = "<rootDir>/build/scripts/test-reporter/count-line-reporter.js";

module.exports = {
  rootDir: __dirname,
  roots: [long ? "<rootDir>/build/test/long" : "<rootDir>/build/test"],
  testMatch: ["**/*.test.js"],
  testPathIgnorePatterns: long ? [] : ["/build/test/long/"],
  testEnvironment: "node",
  testTimeout: long ? 3_600_000 : 120_000,
  maxWorkers: long ? 1 : 2,
  transform: {},
  cacheDirectory: "<rootDir>/build/.jest-cache",
  reporters: ["default", countLineReporter],
};
