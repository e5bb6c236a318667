// Tests are compiled by tsc with the rest of the tree; Jest runs what came out.
module.exports = {
  rootDir: __dirname,
  roots: ["<rootDir>/build/test"],
  testMatch: ["**/*.test.js"],
  testPathIgnorePatterns: ["/node_modules/", "<rootDir>/build/test/long/"],
  testEnvironment: "node",
  testTimeout: 120_000,
};
